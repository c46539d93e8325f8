#include "reports/history.h"

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yardmaster::reports {
namespace {

using Random = std::mt19937_64;

std::vector<double> around(Random& random, const std::vector<double>& levels, int each) {
  std::normal_distribution<double> normal(0, 0.1);
  std::vector<double> values;
  for (const double level : levels) {
    for (int i = 0; i < each; ++i) values.push_back(level + normal(random));
  }
  return values;
}

TEST(HistoryTest, a_step_is_found_where_it_is) {
  Random random(1);
  EXPECT_THAT(change_points(around(random, {0, 1}, 10)), testing::ElementsAre(10));
  EXPECT_THAT(change_points(around(random, {0, 1, -1}, 10)), testing::ElementsAre(10, 20));
}

TEST(HistoryTest, nothing_is_found_where_nothing_changes) {
  Random random(2);
  int found = 0;
  for (int i = 0; i < 200; ++i) found += !change_points(around(random, {0}, 20)).empty();
  EXPECT_LE(found, 8);  // 1% each, and three standard errors
  EXPECT_TRUE(change_points(std::vector<double>(20, 1.0)).empty());
  EXPECT_TRUE(change_points({}).empty());
  EXPECT_TRUE(change_points(std::vector<double>{1, 2, 3, 4, 5}).empty());
}

TEST(HistoryTest, the_table_names_the_first_report_after_a_change) {
  std::vector<NamedReport> days;
  Random random(3);
  const std::vector<double> values = around(random, {std::log(0.3), std::log(0.6)}, 8);
  for (std::size_t i = 0; i < values.size(); ++i) {
    reports::Run run;
    run.scenario = "baseline";
    run.instances = 25;
    run.store = "sqlite";
    run.measurements["write"].latency_ms.p50 = std::exp(values[i]);
    run.measurements["write"].latency_ms.p99 = 2;
    NamedReport one{.name = "day-" + std::to_string(i + 1), .report = {}};
    one.report.runs = {run};
    days.push_back(one);
  }
  const History history = history_of(days);
  EXPECT_EQ(history.series, 2U);
  ASSERT_EQ(history.changes.size(), 1U);
  EXPECT_EQ(history.changes[0].since, "day-9");
  EXPECT_EQ(history.changes[0].quantile, "P50");
  EXPECT_NEAR(history.changes[0].after_ms / history.changes[0].before_ms, 2, 0.3);
  EXPECT_THAT(to_terminal(history), testing::HasSubstr("day-9"));
  EXPECT_EQ(to_terminal(history_of(std::span(days).first(8))), "no change in 2 series\n");
}

}  // namespace
}  // namespace yardmaster::reports
