// The search for the capacity, on loads whose verdicts are written down.
#include "loadgen/search/capacity_search.h"

#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadgen/search/search_plan.h"

namespace yardmaster::loadgen {
namespace {

using reports::CapacityStep;
using reports::SearchEnd;
using reports::Verdict;
using ::testing::ElementsAre;

// A store that holds up to a load, but for the verdicts that are scripted, in turn.
class Machine {
 public:
  explicit Machine(std::uint64_t holds) : holds_(holds) {}

  void script(std::uint64_t load, std::vector<Verdict> verdicts) {
    scripts_[load] = std::move(verdicts);
  }
  void interrupt_at_step(std::size_t number) { interrupted_at_ = number; }

  reports::Capacity search(const SearchRange& range) {
    return find_capacity(
        range, [this](std::uint64_t load, bool confirms) { return step(load, confirms); });
  }
  const std::vector<std::uint64_t>& tried() const { return tried_; }

 private:
  std::optional<CapacityStep> step(std::uint64_t load, bool confirms) {
    if (tried_.size() == interrupted_at_) return std::nullopt;
    tried_.push_back(load);
    CapacityStep step;
    step.instances = load;
    step.confirms = confirms;
    step.verdict = load <= holds_ ? Verdict::pass : Verdict::fail;
    auto& script = scripts_[load];
    if (script.empty()) return step;
    step.verdict = script.front();
    script.erase(script.begin());
    return step;
  }

  std::uint64_t holds_;
  std::map<std::uint64_t, std::vector<Verdict>> scripts_;
  std::vector<std::uint64_t> tried_;
  std::size_t interrupted_at_ = SIZE_MAX;
};

TEST(CapacitySearchTest, doubles_then_bisects_to_a_tenth_and_confirms) {
  Machine machine(100);
  const auto found = machine.search({});
  EXPECT_THAT(machine.tried(), ElementsAre(10, 20, 40, 80, 160, 113, 95, 104, 95));
  EXPECT_EQ(found.holds, 95U);
  EXPECT_EQ(found.not_held, 104U);
  EXPECT_TRUE(found.confirmed);
  EXPECT_TRUE(found.steps.back().confirms);
  EXPECT_EQ(found.end, SearchEnd::bracketed);
}

TEST(CapacitySearchTest, the_answer_is_bracketed_to_a_tenth_whatever_it_is) {
  for (std::uint64_t holds = 10; holds < 3000; holds += holds / 7 + 1) {
    Machine machine(holds);
    const auto found = machine.search({.most = 100'000});
    ASSERT_TRUE(found.not_held);
    EXPECT_LE(found.holds, holds);
    EXPECT_GT(*found.not_held, holds);
    const bool is_close =
        static_cast<double>(*found.not_held) <= 1.1 * static_cast<double>(found.holds) ||
        *found.not_held == found.holds + 1;
    EXPECT_TRUE(is_close) << found.holds << " to " << *found.not_held;
    EXPECT_LE(found.steps.size(), 16U);
  }
}

TEST(CapacitySearchTest, a_step_that_stays_inconclusive_does_not_hold) {
  Machine machine(1000);
  machine.script(20, {Verdict::inconclusive});
  const auto found = machine.search({});
  EXPECT_EQ(found.not_held, 20U);
  EXPECT_LT(found.holds, 20U);
}

TEST(CapacitySearchTest, nothing_holds_when_the_first_load_does_not) {
  Machine machine(5);
  const auto found = machine.search({});
  EXPECT_THAT(machine.tried(), ElementsAre(10));
  EXPECT_EQ(found.holds, 0U);
  EXPECT_EQ(found.not_held, 10U);
  EXPECT_FALSE(found.confirmed);
  EXPECT_EQ(found.end, SearchEnd::nothing_holds);
}

TEST(CapacitySearchTest, stops_at_the_most_that_is_to_be_tried) {
  Machine machine(1000);
  const auto found = machine.search({.most = 25});
  EXPECT_THAT(machine.tried(), ElementsAre(10, 20, 25, 25));
  EXPECT_EQ(found.holds, 25U);
  EXPECT_FALSE(found.not_held);
  EXPECT_EQ(found.end, SearchEnd::most);
}

TEST(CapacitySearchTest, says_that_open_files_ended_it_and_not_the_store) {
  Machine machine(1000);
  EXPECT_EQ(machine.search({.most = 25, .most_is_of_files = true}).end, SearchEnd::open_files);
  EXPECT_EQ(machine.search({.first = 2000, .most = 2000, .most_is_of_files = true}).end,
            SearchEnd::bracketed);
}

TEST(CapacitySearchTest, a_guess_that_is_too_high_is_halved) {
  Machine machine(100);
  const auto found = machine.search({.first = 400});
  EXPECT_THAT(machine.tried(), ElementsAre(400, 200, 100, 141, 119, 109, 100));
  EXPECT_EQ(found.holds, 100U);
  EXPECT_TRUE(found.confirmed);
}

TEST(CapacitySearchTest, a_good_guess_saves_steps) {
  Machine guessed(1000);
  Machine bottom(1000);
  const auto found = guessed.search({.first = 950});
  EXPECT_LT(found.steps.size(), bottom.search({}).steps.size());
  EXPECT_LE(found.holds, 1000U);
}

TEST(CapacitySearchTest, what_is_asked_is_answered_whichever_way_it_comes) {
  for (const std::uint64_t holds : {24U, 25U, 26U, 30U}) {
    Machine machine(holds);
    const auto found = machine.search({.first = 200, .asked = 25});
    const bool answered = found.holds >= 25 || (found.not_held && *found.not_held <= 25);
    EXPECT_TRUE(answered) << holds;
    EXPECT_EQ(found.holds >= 25, holds >= 25);
  }
}

TEST(CapacitySearchTest, an_answer_that_does_not_pass_again_is_stepped_down_from) {
  Machine machine(100);
  machine.script(95, {Verdict::pass, Verdict::inconclusive});
  const auto found = machine.search({});
  EXPECT_EQ(found.not_held, 95U);
  EXPECT_EQ(found.holds, 85U);
  EXPECT_TRUE(found.confirmed);
  EXPECT_THAT(machine.tried(), ElementsAre(10, 20, 40, 80, 160, 113, 95, 104, 95, 85, 85));
}

TEST(CapacitySearchTest, a_machine_that_got_slow_for_good_ends_the_search_soon) {
  Machine machine(100);
  for (const std::uint64_t load : {95U, 85U, 68U, 40U}) {
    machine.script(load, load == 95 || load == 40
                             ? std::vector<Verdict>{Verdict::pass, Verdict::fail, Verdict::fail}
                             : std::vector<Verdict>{Verdict::fail, Verdict::fail});
  }
  machine.script(10, {Verdict::pass, Verdict::fail});
  const auto found = machine.search({});
  EXPECT_EQ(found.end, SearchEnd::nothing_holds);
  EXPECT_LE(found.steps.size(), 16U);
}

TEST(CapacitySearchTest, an_interrupt_ends_it_with_what_is_known) {
  for (std::size_t number = 0; number < 9; ++number) {
    Machine machine(100);
    machine.interrupt_at_step(number);
    const auto found = machine.search({});
    EXPECT_EQ(found.end, SearchEnd::interrupted);
    EXPECT_EQ(found.steps.size(), number);
    EXPECT_FALSE(found.confirmed);
  }
}

TEST(CapacitySearchTest, open_files_bound_the_instances) {
  LoadPlan plan;
  plan.handoffs.per_second = plan.broadcasts.per_second = plan.churn.per_second = 0;
  EXPECT_EQ(most_instances_within(plan, 1'024), 412U);  // twice the 412, and 100 more each
  EXPECT_EQ(most_instances_within(plan, 10'100), 10'000U);
  EXPECT_EQ(most_instances_within(plan, 100), 0U);
  EXPECT_EQ(most_instances_within(plan, 100'000'000), 1'000'000U);
}

TEST(CapacitySearchTest, a_step_lasts_until_it_can_show_something) {
  SearchPlan plan;
  plan.load.max_duration = std::chrono::seconds(8);
  EXPECT_EQ(plan.step(10).longest(), std::chrono::seconds(120));
  EXPECT_EQ(plan.step(50).longest(), std::chrono::seconds(40));
  EXPECT_EQ(plan.step(1000).longest(), std::chrono::seconds(8));
  plan.default_length = false;
  EXPECT_EQ(plan.step(10).longest(), std::chrono::seconds(8));
}

}  // namespace
}  // namespace yardmaster::loadgen
