#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "loadgen/plan/schedule.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

std::vector<Due> take(Schedule& schedule, std::size_t count) {
  std::vector<Due> taken;
  for (std::size_t i = 0; i < count; ++i) {
    taken.push_back(schedule.next());
    schedule.pop();
  }
  return taken;
}

TEST(ScheduleTest, staggered_instances_share_the_interval_evenly) {
  Schedule schedule(Arrivals::staggered, milliseconds(250), 25, 1);
  const auto writes = take(schedule, 50);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    EXPECT_EQ(writes[i].instance, i % 25);
    EXPECT_EQ(writes[i].offset, milliseconds(10) * static_cast<int>(i));
  }
}

TEST(ScheduleTest, aligned_instances_write_at_the_same_moments) {
  Schedule schedule(Arrivals::aligned, milliseconds(250), 3, 1);
  const auto writes = take(schedule, 7);
  EXPECT_EQ(writes[2].offset, nanoseconds(0));
  EXPECT_EQ(writes[3].offset, milliseconds(250));
  EXPECT_EQ(writes[5].offset, milliseconds(250));
  EXPECT_EQ(writes[6].offset, milliseconds(500));
}

TEST(ScheduleTest, nothing_drifts_and_nothing_is_left_out_in_an_hour) {
  // An interval that instances do not divide evenly.
  constexpr std::uint32_t instances = 7;
  Schedule schedule(Arrivals::staggered, milliseconds(250), instances, 1);
  std::vector<std::int64_t> counts(instances);
  nanoseconds last{0};
  while (schedule.next().offset < seconds(3600)) {
    const Due due = schedule.next();
    schedule.pop();
    ASSERT_GE(due.offset, last);
    last = due.offset;
    const nanoseconds phase = nanoseconds(milliseconds(250)) * due.instance / instances;
    ASSERT_EQ(due.offset, phase + milliseconds(250) * counts[due.instance]);
    ++counts[due.instance];
  }
  for (const auto count : counts) EXPECT_EQ(count, 4 * 3600);
}

TEST(ScheduleTest, poisson_gaps_have_the_interval_as_their_mean_and_vary_as_much) {
  Schedule schedule(Arrivals::poisson, milliseconds(250), 1, 42);
  const auto writes = take(schedule, 20000);
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 1; i < writes.size(); ++i) {
    const double gap = static_cast<double>((writes[i].offset - writes[i - 1].offset).count()) / 1e6;
    ASSERT_GE(gap, 0);
    sum += gap;
    squares += gap * gap;
  }
  const auto n = static_cast<double>(writes.size() - 1);
  const double mean = sum / n;
  const double deviation = std::sqrt(squares / n - mean * mean);
  EXPECT_NEAR(mean, 250, 8);
  EXPECT_NEAR(deviation, 250, 15);
}

TEST(ScheduleTest, poisson_arrivals_follow_from_the_seed) {
  Schedule one(Arrivals::poisson, milliseconds(250), 10, 7);
  Schedule same(Arrivals::poisson, milliseconds(250), 10, 7);
  Schedule other(Arrivals::poisson, milliseconds(250), 10, 8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(one.next().offset, same.next().offset);
    EXPECT_EQ(one.next().instance, same.next().instance);
    differs = differs || one.next().offset != other.next().offset;
    one.pop();
    same.pop();
    other.pop();
  }
  EXPECT_TRUE(differs);
}

TEST(ScheduleTest, poisson_writes_come_in_the_order_of_their_times) {
  Schedule schedule(Arrivals::poisson, milliseconds(10), 100, 3);
  nanoseconds last{0};
  for (const Due& due : take(schedule, 10000)) {
    EXPECT_GE(due.offset, last);
    last = due.offset;
  }
}

TEST(ScheduleTest, a_steady_rate_does_not_drift) {
  const SteadyRate rate(10);
  EXPECT_EQ(rate.offset(0), nanoseconds(0));
  EXPECT_EQ(rate.offset(36000), seconds(3600));
}

std::vector<nanoseconds> take(ScatteredRate& rate, std::size_t count) {
  std::vector<nanoseconds> taken;
  for (std::size_t i = 0; i < count; ++i) {
    taken.push_back(rate.next());
    rate.pop();
  }
  return taken;
}

TEST(ScatteredRateTest, every_period_has_one_start) {
  ScatteredRate rate(8, 1, "broadcast");
  const auto starts = take(rate, 80'000);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    ASSERT_GE(starts[i], milliseconds(125) * static_cast<std::int64_t>(i));
    ASSERT_LE(starts[i], milliseconds(125) * static_cast<std::int64_t>(i + 1));
  }
}

// Ten phases of the period, and each has about a tenth of the starts.
TEST(ScatteredRateTest, no_phase_is_preferred) {
  ScatteredRate rate(10, 1, "churn");
  std::vector<int> counts(10);
  for (const auto start : take(rate, 10'000)) {
    ++counts[static_cast<std::size_t>(start % milliseconds(100) / milliseconds(10))];
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
}

TEST(ScatteredRateTest, starts_follow_from_the_seed_and_the_workload) {
  ScatteredRate one(10, 7, "churn");
  ScatteredRate same(10, 7, "churn");
  ScatteredRate other_seed(10, 8, "churn");
  ScatteredRate other_workload(10, 7, "handoff");
  const auto starts = take(one, 100);
  EXPECT_EQ(starts, take(same, 100));
  EXPECT_NE(starts, take(other_seed, 100));
  EXPECT_NE(starts, take(other_workload, 100));
}

}  // namespace
}  // namespace yardmaster::loadgen
