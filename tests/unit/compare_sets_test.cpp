#include "reports/compare_sets.h"

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "reports/statistics.h"

namespace yardmaster::reports {
namespace {

using Random = std::mt19937_64;

// One run whose write P50 varies by 5% from run to run, its P99 by 20%.
Report varying(Random& random, double p50, double p99) {
  std::normal_distribution<double> normal;
  Run run;
  run.scenario = "baseline";
  run.instances = 25;
  run.interval_ms = 250;
  run.arrivals = "staggered";
  Measurement write;
  write.count = 6'000;
  write.latency_ms.p50 = p50 * std::exp(0.05 * normal(random));
  write.latency_ms.p99 = p99 * std::exp(0.2 * normal(random));
  run.measurements["write"] = write;
  Report report;
  report.runs = {run};
  return report;
}

std::vector<Report> several(Random& random, std::size_t count, double p50, double p99) {
  std::vector<Report> reports;
  for (std::size_t i = 0; i < count; ++i) reports.push_back(varying(random, p50, p99));
  return reports;
}

int regressions(Random& random, int pairs, double p50_after) {
  int found = 0;
  for (int i = 0; i < pairs; ++i) {
    const auto before = several(random, 3, 0.30, 1.2);
    const auto after = several(random, 3, p50_after, 1.2);
    found += compare_sets(before, after).front().regression();
  }
  return found;
}

TEST(CompareSets, students_t_is_the_table_s) {
  EXPECT_NEAR(student_tail(2.776, 4), 0.025, 1e-4);
  EXPECT_NEAR(student_tail(1.440, 6), 0.1, 1e-4);
  EXPECT_NEAR(student_tail(0, 3), 0.5, 1e-12);
}

TEST(CompareSets, the_same_program_seldom_regresses) {
  Random random(1);
  EXPECT_LE(regressions(random, 400, 0.30), 400 * 5 / 100);  // slower alone: half of 5%
}

TEST(CompareSets, a_median_of_one_and_a_half_is_found) {
  Random random(2);
  EXPECT_GE(regressions(random, 100, 0.51), 90);
}

TEST(CompareSets, it_says_what_it_could_have_seen) {
  Random random(7);
  const auto before = several(random, 4, 0.3, 1.2);
  const auto after = several(random, 4, 0.3, 1.2);
  const auto comparison = compare_sets(before, after).front();
  ASSERT_EQ(comparison.changes.size(), 2U);
  EXPECT_EQ(comparison.changes[0].quantile, "P50");
  EXPECT_GT(comparison.changes[0].least_ratio, 1.02);
  EXPECT_LT(comparison.changes[0].least_ratio, comparison.changes[1].least_ratio);
  EXPECT_THAT(to_terminal({comparison}, false), testing::HasSubstr("no significant regression"));
}

TEST(CompareSets, runs_that_are_alike_do_not_divide_by_nothing) {
  Random random(4);
  const Report one = varying(random, 0.3, 1.2);
  const std::vector<Report> same{one, one, one};
  EXPECT_FALSE(compare_sets(same, same).front().regression());
  std::vector<Report> slower = same;
  for (Report& report : slower) report.runs[0].measurements["write"].latency_ms.p50 *= 2;
  EXPECT_TRUE(compare_sets(same, slower).front().regression());
}

TEST(CompareSets, two_runs_on_a_side_are_too_few) {
  Random random(5);
  EXPECT_THROW(compare_sets(several(random, 2, 1, 2), several(random, 3, 1, 2)), Error);
}

TEST(CompareSets, something_lost_is_a_regression) {
  Random random(6);
  const auto before = several(random, 3, 0.3, 1.2);
  auto after = before;
  after[1].runs[0].audit.lost = 1;
  EXPECT_TRUE(compare_sets(before, after).front().regression());
}

}  // namespace
}  // namespace yardmaster::reports
