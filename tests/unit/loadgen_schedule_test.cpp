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

}  // namespace
}  // namespace yardmaster::loadgen
