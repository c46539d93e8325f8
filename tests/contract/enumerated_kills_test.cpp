// Kills, enumerated: each step of a send, a broadcast, a handoff and a completion is stopped before
// each statement, before its commit and after it, as kill -9 of the daemon would; what lived in
// memory is lost. Then sender and receiver live on, or one of them is killed, too. Nothing is lost,
// doubled or between two states.
//
// In every run all cases on SQLite and some on PostgreSQL; YARDMASTER_KILL_CASES=all, as `ctest -L
// long` says it, takes all.
#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/contract/faulty_database.h"
#include "tests/contract/stepwise_work.h"
#include "tests/contract/store_fixture.h"

namespace yardmaster::support {
namespace {

constexpr std::size_t share_on_postgres = 8;

struct Killed {};

class EnumeratedKills : public StoreContract {
 protected:
  void SetUp() override {
    driver_ = make_driver(GetParam());
    open();
  }

  void open() {
    store_.reset();
    database_.reset();
    auto faulty = std::make_unique<FaultyDatabase>(driver_->open());
    faulty_ = faulty.get();
    database_ = std::move(faulty);
    store_.emplace(*database_, clock_);
  }

  // Kills at the n-th place of a transaction, counted from 0.
  void arm(std::size_t place) {
    places_ = 0;
    const auto pass = [this, place] {
      if (places_++ == place) throw Killed{};
    };
    faulty_->before_begin = pass;
    faulty_->before_execute = pass;
    faulty_->before_commit = pass;
    faulty_->after_commit = [this, pass] {
      is_committed_ = true;
      pass();
    };
  }

  void run(const StepwiseWork::Step& step) {
    in_transaction([&] { step(*store_); });
  }

  // Whether the step was killed there; it has no such place otherwise.
  bool is_killed(const StepwiseWork::Step& step, std::size_t place) {
    is_committed_ = false;
    arm(place);
    try {
      run(step);
    } catch (const Killed&) {
      open();
      return true;
    }
    open();
    return false;
  }

  // Kills one step at one place; returns whether there was such a place.
  bool one_case(const std::string& kind, Aftermath aftermath, std::size_t killed,
                std::size_t place) {
    const std::string prefix = "c" + std::to_string(cases_) + "-" + kind;
    const auto work = make_work(kind, prefix, aftermath);
    run([&](Store& store) { work->prepare(store); });
    for (std::size_t i = 0; i < killed; ++i) run(work->steps()[i]);
    if (!is_killed(work->steps()[killed], place)) return false;
    const std::size_t done = killed + (is_committed_ ? 1 : 0);
    EXPECT_EQ(work->damage(*store_, done), "") << "right after it";
    const auto go_on = [this](const StepwiseWork::Step& step) { run(step); };
    EXPECT_EQ(work->go_on(*store_, go_on, done), "") << "after all has gone on";
    return true;
  }

  bool is_wanted_case() {
    const char* const wanted = std::getenv("YARDMASTER_KILL_CASES");
    const bool all = wanted != nullptr || GetParam() == "sqlite";
    return all || cases_ % share_on_postgres == 0;
  }

  // At all places of a step that there are; returns how many.
  std::size_t kill_everywhere(const std::string& kind, Aftermath aftermath, std::size_t step) {
    const std::size_t places = count_places(kind, aftermath, step);
    for (std::size_t place = 0; place < places && !HasFailure(); ++place) {
      SCOPED_TRACE(kind + ", aftermath " + std::to_string(static_cast<int>(aftermath)) + ", step " +
                   std::to_string(step) + ", place " + std::to_string(place));
      ++cases_;
      if (!is_wanted_case()) continue;
      EXPECT_TRUE(one_case(kind, aftermath, step, place));
      ++made_;
    }
    return places;
  }

  std::size_t count_places(const std::string& kind, Aftermath aftermath, std::size_t step) {
    const std::string prefix = "n" + std::to_string(cases_) + "-" + std::to_string(step);
    const auto work = make_work(kind, prefix, aftermath);
    run([&](Store& store) { work->prepare(store); });
    for (std::size_t i = 0; i < step; ++i) run(work->steps()[i]);
    EXPECT_FALSE(is_killed(work->steps()[step], std::size_t{1} << 20U));
    return places_;
  }

  FaultyDatabase* faulty_ = nullptr;
  std::size_t places_ = 0;  // that the transaction has passed
  bool is_committed_ = false;
  std::size_t cases_ = 0;
  std::size_t made_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Drivers, EnumeratedKills, testing::ValuesIn(store_names()), driver_name);

TEST_P(EnumeratedKills, at_every_step_leave_nothing_lost_doubled_or_between) {
  std::size_t places = 0;
  for (const std::string_view kind : all_work) {
    for (const Aftermath aftermath : all_aftermaths) {
      const std::size_t steps = make_work(kind, "unused", aftermath)->steps().size();
      for (std::size_t step = 0; step < steps; ++step) {
        places += kill_everywhere(std::string(kind), aftermath, step);
        ASSERT_FALSE(HasFailure());
      }
    }
  }
  std::cout << made_ << " of " << places << " kills: 0 lost, 0 doubled, 0 between two states\n";
  EXPECT_GE(places, 250U) << "on each of two stores";
}

}  // namespace
}  // namespace yardmaster::support
