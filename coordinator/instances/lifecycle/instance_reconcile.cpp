// The part of InstanceManager that compares instances with what there is of them: at the daemon's
// start, and later on.
#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/instances/lifecycle/instance_manager.h"
#include "coordinator/instances/processes/async_wait.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

// Instances that ended meanwhile are normally gone before the daemon answers; a release that takes
// longer (a full disk, a process that does not end) goes on while it does.
constexpr auto cleanup_timeout = std::chrono::seconds(1);
constexpr auto probe_interval = std::chrono::seconds(10);
constexpr std::size_t probed_at_once = 64;

}  // namespace

asio::awaitable<ReconcileReport> InstanceManager::reconcile() {
  const auto list = [](Store& store) { return store.list_instances(); };
  std::vector<Instance> left = co_await store_.run(Durability::process, list);
  ReconcileReport report;
  Pace pace(io_);
  for (Instance& instance : left) {
    const EntryPtr entry = add_entry(std::move(instance));
    co_await adopt_entry(entry, report);
    if (pace.is_over()) co_await pace.turn();
  }
  const std::size_t staying = report.adopted + report.unknown;
  const SteadyTime deadline = std::chrono::steady_clock::now() + cleanup_timeout;
  while (living_.size() > staying && std::chrono::steady_clock::now() < deadline) {
    co_await pause_for(io_, std::chrono::milliseconds(1));
  }
  co_return report;
}

asio::awaitable<void> InstanceManager::adopt_entry(EntryPtr entry, ReconcileReport& report) {
  const Adopted adopted = co_await adopt_all(entry->instance);
  const InstanceState state = entry->instance.state;
  if (state == InstanceState::starting || state == InstanceState::stopping ||
      adopted.all == Adoption::lost) {
    co_return end_adopted(entry, adopted.lost, report);
  }
  if (adopted.all == Adoption::held) {
    ++report.adopted;
    observer_.on_taken_up(entry->instance);
    co_return become_idle(entry);
  }
  ++report.unknown;
  entry->instance.state = InstanceState::unknown;
  observer_.on_state(entry->instance);
  become_idle(entry);
  spawn(probe_again(entry));
}

// Ends an instance that had not become one yet, that was being released, or that has died
// meanwhile.
void InstanceManager::end_adopted(EntryPtr entry, std::string_view lost, ReconcileReport& report) {
  const Instance& instance = entry->instance;
  Ending ending = ended_without(lost, std::chrono::steady_clock::now());
  if (instance.state == InstanceState::starting) {
    ++report.rolled_back;
    ending.reason = "allocation was interrupted";
    ending.undone = true;
  } else {
    ++report.ended;
  }
  if (instance.state == InstanceState::stopping) {
    ending.reason = instance.end_reason;
    ending.summary = instance.summary;
    ending.keeps_wanted = false;
  }
  spawn(release_until_gone(entry, std::move(ending)));
}

// Everything that can be taken up is, so that a release finds it.
asio::awaitable<InstanceManager::Adopted> InstanceManager::adopt_all(Instance& instance) {
  Adopted adopted;
  for (const auto& resource : resources_) {
    Adoption one = Adoption::unknown;
    try {
      one = co_await resource->adopt(instance);
    } catch (const std::exception& error) {
      on_warning_("cannot take up the " + std::string(resource->name()) + " of '" + instance.name +
                  "': " + error.what());
    }
    if (one == Adoption::lost) adopted.lost = resource->name();
    if (one == Adoption::lost || adopted.all == Adoption::held) adopted.all = one;
  }
  co_return adopted;
}

asio::awaitable<void> InstanceManager::probe_again(EntryPtr entry) {
  // g++ 12 compiles a co_return within this loop to a trap.
  bool resolved = false;
  while (!resolved && !stopping_) {
    co_await pause_for(io_, probe_interval);
    resolved = co_await resolve_unknown(entry);
  }
}

// Probes an unknown instance; false when it stays unknown.
asio::awaitable<bool> InstanceManager::resolve_unknown(EntryPtr entry) {
  if (entry->busy || entry->instance.state != InstanceState::unknown) co_return true;
  const Adopted adopted = co_await adopt_all(entry->instance);
  if (entry->busy) co_return true;
  if (adopted.all == Adoption::unknown) co_return false;
  if (adopted.all == Adoption::lost) {
    end_unasked(entry->instance.name, adopted.lost, std::chrono::steady_clock::now());
  } else {
    entry->instance.state = InstanceState::running;
    observer_.on_state(entry->instance);
  }
  co_return true;
}

bool InstanceManager::still_idle(const EntryPtr& entry) const {
  const auto found = living_.find(entry->instance.name);
  return found != living_.end() && found->second == entry && !entry->busy;
}

// The process before what it runs in; empty when all is there. `probed`: the last of the resources
// that the probe has proven lost, -1 when there is none.
std::string_view InstanceManager::name_of_lost(const Instance& instance,
                                               std::ptrdiff_t probed) const {
  for (auto i = static_cast<std::ptrdiff_t>(resources_.size()) - 1; i >= 0; --i) {
    const auto& resource = resources_[static_cast<std::size_t>(i)];
    if (i == probed || resource->has_lost(instance)) return resource->name();
  }
  return {};
}

// On another thread, by copies.
asio::awaitable<InstanceManager::Lost> InstanceManager::probe_all(std::vector<Instance> instances) {
  std::string place = instances.front().repo_path;
  if (place.empty()) place = "the instances";
  std::function<Lost()> probe = [this, instances = std::move(instances)] {
    Lost lost;
    lost.reserve(instances.size());
    for (const Instance& instance : instances) {
      const auto last = std::find_if(resources_.rbegin(), resources_.rend(), [&](const auto& each) {
        return each->probe(instance) == Adoption::lost;
      });
      lost.push_back(resources_.rend() - last - 1);
    }
    return lost;
  };
  co_return co_await probes_.run(std::move(probe), std::move(place));
}

// What of each instance is lost. Where the files of a repository's instances do not answer, nothing
// is proven about them, and those of others are looked at all the same.
asio::awaitable<std::vector<std::string_view>> InstanceManager::find_lost(
    const std::vector<EntryPtr>& entries) {
  std::map<std::string, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    places[entries[i]->instance.repo_path].push_back(i);
  }
  std::vector<std::string_view> names(entries.size());
  for (const auto& [place, indices] : places) {
    std::vector<Instance> instances;
    instances.reserve(indices.size());
    for (const std::size_t i : indices) instances.push_back(entries[i]->instance);
    Lost probed(indices.size(), -1);
    try {
      probed = co_await probe_all(std::move(instances));
    } catch (const Error&) {
      // It was said by those who look.
    }
    for (std::size_t k = 0; k < indices.size(); ++k) {
      names[indices[k]] = name_of_lost(entries[indices[k]]->instance, probed[k]);
    }
  }
  co_return names;
}

asio::awaitable<std::vector<Repair>> InstanceManager::repair(bool ask_unknown, bool dry_run) {
  for (const auto& resource : resources_) co_await resource->refresh();
  std::vector<EntryPtr> entries;  // a copy, since releases change the table
  entries.reserve(living_.size());
  for (const auto& [name, entry] : living_) entries.push_back(entry);
  std::vector<Repair> repairs;
  for (std::size_t done = 0; done < entries.size(); done += probed_at_once) {
    std::vector<EntryPtr> some;
    for (std::size_t i = done; i < std::min(entries.size(), done + probed_at_once); ++i) {
      if (still_idle(entries[i])) some.push_back(entries[i]);
    }
    co_await repair_some(some, repairs, ask_unknown, dry_run);
  }
  std::sort(repairs.begin(), repairs.end(),
            [](const Repair& one, const Repair& other) { return one.instance < other.instance; });
  co_return repairs;
}

asio::awaitable<void> InstanceManager::repair_some(const std::vector<EntryPtr>& entries,
                                                   std::vector<Repair>& repairs, bool ask_unknown,
                                                   bool dry_run) {
  const std::vector<std::string_view> lost = co_await find_lost(entries);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const EntryPtr& entry = entries[i];
    const std::string name = entry->instance.name;
    if (!still_idle(entry)) continue;
    if (!lost[i].empty()) {
      repairs.push_back(Repair{name, "release"});
      if (!dry_run) end_unasked(name, lost[i], std::chrono::steady_clock::now());
    } else if (ask_unknown && entry->instance.state == InstanceState::unknown) {
      repairs.push_back(Repair{name, "probe"});
      if (!dry_run) co_await resolve_unknown(entry);
    }
  }
}

}  // namespace yardmaster
