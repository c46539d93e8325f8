#include "coordinator/instances/lifecycle/restart_plan.h"

#include <gtest/gtest.h>

namespace yardmaster {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime noon{hours(12)};
constexpr RestartLimit five_an_hour{5, hours(1)};

TEST(RestartPlan, deaths_that_are_an_hour_ago_are_forgotten_one_by_one) {
  WantedInstance wanted;
  for (int death = 0; death < 100; ++death) {
    const WallTime now = noon + death * minutes(50);
    plan_restart(wanted, now, five_an_hour);
    ASSERT_EQ(wanted.given_up, "") << "after " << death;
    EXPECT_LE(wanted.deaths.size(), 2U);
    EXPECT_LE(wanted.next_start, now + seconds(2));
  }
}

TEST(RestartPlan, it_is_given_up_at_the_death_after_the_last_restart_that_is_allowed) {
  WantedInstance wanted;
  for (int death = 0; death < 5; ++death)
    plan_restart(wanted, noon + death * minutes(11), five_an_hour);
  EXPECT_EQ(wanted.given_up, "");
  WantedInstance later = wanted;
  plan_restart(wanted, noon + minutes(59), five_an_hour);
  EXPECT_EQ(wanted.given_up, "it ended 6 times within 1h");
  EXPECT_EQ(wanted.next_start, WallTime{});
  plan_restart(later, noon + minutes(60), five_an_hour);
  EXPECT_EQ(later.given_up, "") << "the first is an hour ago";
}

TEST(RestartPlan, pauses_double_up_to_a_minute) {
  WantedInstance wanted;
  WallTime now = noon;
  for (const int pause : {1, 2, 4, 8, 16, 32, 60, 60}) {
    plan_restart(wanted, now, {100, hours(1)});
    EXPECT_EQ(wanted.next_start, now + seconds(pause));
    now = wanted.next_start;
  }
}

TEST(RestartPlan, a_clock_that_was_set_back_counts_no_death_that_is_to_come) {
  WantedInstance wanted;
  wanted.deaths = {noon + hours(5), noon + hours(6)};
  plan_restart(wanted, noon, {1, hours(1)});
  EXPECT_EQ(wanted.given_up, "");
  EXPECT_EQ(wanted.deaths, std::vector<WallTime>{noon});
}

TEST(RestartPlan, without_restarts_the_first_death_is_the_last) {
  WantedInstance wanted;
  plan_restart(wanted, noon, {0, hours(1)});
  EXPECT_EQ(wanted.given_up, "it ended once within 1h");
}

}  // namespace
}  // namespace yardmaster
