// Power cuts, enumerated: a store is opened, worked on, stopped and opened again while its file
// layer is recorded; then, after each event of the record, what a disk may hold when the power goes
// there is made, and opened as the daemon does. All that was promised for a power cut is there, in
// order, with everything before it; the rest is a beginning; and the store goes on.
//
// YARDMASTER_POWER_CUTS says how many cuts; `ctest -L long` makes 10,000.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "coordinator/store/open_database.h"
#include "loadgen/databases/fresh_directory.h"
#include "tests/contract/numbered_work.h"
#include "tests/contract/power_cut_disk.h"
#include "tests/contract/recording_vfs.h"
#include "tests/faults/seed.h"

namespace yardmaster::support {
namespace {

#ifdef YARDMASTER_SANITIZED
constexpr std::uint64_t default_cuts = 100;
#else
constexpr std::uint64_t default_cuts = 500;
#endif
constexpr int recorded_batches = 30;  // in each of the two lives that are recorded

Config config_in(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  Config config;
  config.store = to_string(StoreKind::sqlite);
  config.state_dir = directory;
  return config;
}

// What the notes between the events say, in bits: each is one of the promises.
std::int64_t note_of(const Promises& promises) {
  return promises.begun << 32 | (promises.until_power + 1);
}
Promises promises_of(std::int64_t note) {
  Promises promises;
  promises.begun = note >> 32;
  promises.until_power = (note & 0xffffffff) - 1;
  return promises;
}

// Says what happens to each unsynced change.
struct Cut {
  std::string name;
  PowerCutDisk::FateOf fate_of;
  std::uint64_t tear = 0;
};

std::string integrity_of(const std::filesystem::path& file) {
  sqlite3* connection = nullptr;
  std::string answer = "cannot be opened";
  if (sqlite3_open(file.c_str(), &connection) == SQLITE_OK) {
    sqlite3_exec(
        connection, "PRAGMA integrity_check",
        [](void* to, int /*columns*/, char** values, char** /*names*/) {
          *static_cast<std::string*>(to) = values[0];
          return 0;
        },
        &answer, nullptr);
  }
  sqlite3_close(connection);
  return answer;
}

class PowerCut : public testing::TestWithParam<CheckpointPolicyKind> {
 protected:
  void SetUp() override {
    GroupCommitOptions options;
    options.checkpoint_policy = GetParam();
    const Config config = config_in(place_.path() / "recorded");
    vfs_.record(config.state_dir);
    NumberedWork work(seed_, [this](const Promises& promises) { vfs_.note(note_of(promises)); });
    for (int life = 0; life < 2; ++life) {
      OpenStore store(open_database(config), options);
      if (life == 0) work.begin(store);
      store.hand_over();
      store.complete();
      for (int batch = 0; batch < recorded_batches; ++batch) {
        work.submit(store, 1 + static_cast<int>(random_() % 5));
        vfs_.note(note_of(work.promises()));
        store.hand_over();
        store.complete();
      }
    }
    ASSERT_EQ(work.failed(), 0U) << work.last_failure();
    events_ = vfs_.take();
  }

  // Cuts at this event, of which the first ones are those that a disk is most likely to make: all
  // that was not synced is lost; all is kept; all but the last, which is torn.
  Cut cut(std::size_t unsynced, std::uint64_t number) {
    const std::uint64_t tear = random_();
    if (number == 0) return {"all lost", [](std::size_t) { return Fate::lost; }};
    if (number == 1) return {"all kept", [](std::size_t) { return Fate::kept; }};
    const std::size_t place = unsynced == 0 ? 0 : unsynced - 1 - (number - 2) / 4 % unsynced;
    const auto at = [place](Fate before, Fate there, Fate after) {
      return [=](std::size_t i) { return i < place ? before : i == place ? there : after; };
    };
    const std::string where = " at " + std::to_string(place) + " of " + std::to_string(unsynced);
    if (number >= 2 + 4 * unsynced) return by_chance(tear);
    switch ((number - 2) % 4) {
      case 0:
        return {"torn" + where, at(Fate::kept, Fate::torn, Fate::lost), tear};
      case 1:
        return {"one lost" + where, at(Fate::kept, Fate::lost, Fate::kept)};
      case 2:
        return {"one kept" + where, at(Fate::lost, Fate::kept, Fate::lost)};
      default:
        return {"torn in the middle" + where, at(Fate::kept, Fate::torn, Fate::kept), tear};
    }
  }

  static Cut by_chance(std::uint64_t tear) {
    return {"by chance " + std::to_string(tear),
            [tear](std::size_t i) {
              std::uint64_t draw = (tear ^ (i + 1)) * 0x9e3779b97f4a7c15U;
              draw ^= draw >> 29U;
              return draw % 8 == 0 ? Fate::torn : draw % 2 == 0 ? Fate::kept : Fate::lost;
            },
            tear};
  }

  void make_disk(const std::filesystem::path& directory, const PowerCutDisk& disk, const Cut& cut) {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directory(directory);
    for (const auto& [name, content] : disk.after_cut(cut.fate_of, cut.tear)) {
      std::ofstream(directory / name, std::ios::binary) << content;
    }
  }

  // What contradicts the promises after this cut.
  std::string damage(const PowerCutDisk& disk, const Cut& cut, const Promises& promises) {
    const std::filesystem::path directory = place_.path() / "cut";
    make_disk(directory, disk, cut);
    const Config config = config_in(directory);
    try {
      auto database = open_database(config);
      std::string found = NumberedWork::audit(*database, promises);
      database.reset();
      if (!found.empty()) return found;
      found = integrity_of(config.paths().database());
      if (found != "ok") return "integrity_check: " + found;
      database = open_database(config);  // the store goes on
      return NumberedWork::audit(*database, promises);
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  const std::uint64_t seed_ = test_seed();
  testing::ScopedTrace trace_{__FILE__, __LINE__, "YARDMASTER_TEST_SEED=" + std::to_string(seed_)};
  std::mt19937_64 random_{seed_};
  const loadgen::FreshDirectory place_{std::filesystem::temp_directory_path()};
  RecordingVfs vfs_;
  std::vector<DiskEvent> events_;
};

std::uint64_t wanted_cuts() {
  const char* const given = std::getenv("YARDMASTER_POWER_CUTS");
  return given == nullptr ? default_cuts : std::stoull(given);
}

bool is_sync(const DiskEvent& event) {
  return event.kind == DiskEvent::Kind::sync || event.kind == DiskEvent::Kind::sync_directory;
}

TEST_P(PowerCut, what_was_acknowledged_as_power_is_there_in_order) {
  const auto syncs =
      static_cast<std::uint64_t>(std::count_if(events_.begin(), events_.end(), is_sync));
  ASSERT_GT(syncs, 20U);
  // At each event as many, and at a sync, before and after which the worst happens, at least two.
  const std::uint64_t wanted = wanted_cuts();
  const double each = static_cast<double>(wanted) / static_cast<double>(events_.size());
  double due = 0;
  std::uint64_t made = 0;
  PowerCutDisk disk;
  Promises promises;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    due += each;
    const std::uint64_t least = is_sync(events_[i]) && each < 2 ? 1 : 0;
    for (std::uint64_t number = 0; number < least || due >= 1; ++number, ++made) {
      due -= 1;
      const bool in_turn = each >= 2 || number < least;
      const Cut chosen = cut(disk.unsynced(), in_turn ? number : 1 + random_() % 40);
      const std::string found = damage(disk, chosen, promises);
      ASSERT_EQ(found, "") << "a cut before event " << i << " of " << events_.size() << ", "
                           << chosen.name;
    }
    if (events_[i].kind == DiskEvent::Kind::note) promises = promises_of(events_[i].offset);
    disk.apply(events_[i]);
  }
  std::cout << made << " power cuts at " << events_.size() << " events, " << syncs
            << " of them syncs: 0 lost, 0 doubled\n";
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, PowerCut,
                         testing::Values(CheckpointPolicyKind::every_write,
                                         CheckpointPolicyKind::adaptive),
                         [](const auto& policy) {
                           return policy.param == CheckpointPolicyKind::adaptive ? "adaptive"
                                                                                 : "every_write";
                         });

}  // namespace
}  // namespace yardmaster::support
