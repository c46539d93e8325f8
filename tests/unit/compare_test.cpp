#include "reports/compare.h"

#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "reports/json_reader.h"
#include "reports/json_writer.h"
#include "reports/statistics.h"
#include "tests/unit/sample_report.h"

namespace yardmaster::reports {
namespace {

Report report_of(const Measurement& write) {
  Report report = sample_report();
  report.runs.resize(1);
  report.runs[0].measurements = {{"write", write}};
  return report;
}

// Log-normal latencies, each like the one before it.
Measurement measured(std::size_t count, double scale, std::mt19937_64& random) {
  constexpr double rho = 0.7;
  std::normal_distribution<double> normal;
  double state = normal(random);
  std::vector<Sample> samples(count);
  for (auto& sample : samples) {
    state = rho * state + std::sqrt(1 - rho * rho) * normal(random);
    sample = static_cast<Sample>(1e6 * scale * std::exp(0.5 * state));
  }
  return summarize(samples, {});
}

Trend trend_of(const Measurement& before, const Measurement& after) {
  return compare(report_of(before), report_of(after)).runs.at(0).changes.at(0).trend;
}

TEST(Compare, a_report_with_itself_shows_no_change) {
  const Comparison comparison = compare(sample_report(), sample_report());
  EXPECT_FALSE(comparison.regression());
  ASSERT_EQ(comparison.runs.size(), 2U);
  EXPECT_EQ(comparison.runs[0].changes.size(), 2U);
  EXPECT_EQ(comparison.runs[0].changes[0].trend, Trend::unchanged);
  EXPECT_DOUBLE_EQ(comparison.runs[0].changes[0].ratio, 1);
}

TEST(Compare, twice_as_slow_is_a_regression_and_half_is_none) {
  std::mt19937_64 random(1);
  const Measurement base = measured(6'000, 1, random);
  const Measurement slow = measured(6'000, 2, random);
  EXPECT_EQ(trend_of(base, slow), Trend::slower);
  EXPECT_EQ(trend_of(slow, base), Trend::faster);
  EXPECT_TRUE(compare(report_of(base), report_of(slow)).regression());
  EXPECT_FALSE(compare(report_of(slow), report_of(base)).regression());
}

TEST(Compare, the_same_program_is_rarely_called_slower) {
  std::mt19937_64 random(2);
  int slower = 0;
  int slower_by_margin = 0;
  for (int i = 0; i < 200; ++i) {
    const Measurement base = measured(2'400, 1, random);
    slower += trend_of(base, measured(2'400, 1, random)) == Trend::slower;
    slower_by_margin += trend_of(base, measured(2'400, 1.1, random)) == Trend::slower;
  }
  EXPECT_LE(slower, 4);
  EXPECT_LE(slower_by_margin, 20);  // the worst case: 5%, plus three standard errors
}

TEST(Compare, many_measurements_find_no_more_than_one) {
  std::mt19937_64 random(3);
  int regressions = 0;
  for (int i = 0; i < 100; ++i) {
    Report before = report_of(measured(1'000, 1, random));
    Report after = report_of(measured(1'000, 1.1, random));
    for (const char* name : {"handoff", "cleanup", "checkpoint", "broadcast"}) {
      before.runs[0].measurements[name] = measured(1'000, 1, random);
      after.runs[0].measurements[name] = measured(1'000, 1.1, random);
    }
    regressions += compare(before, after).regression();
  }
  EXPECT_LE(regressions, 12);
}

TEST(Compare, too_few_samples_cannot_tell) {
  std::mt19937_64 random(4);
  const Measurement few = measured(100, 1, random);
  const Measurement slow = measured(6'000, 10, random);
  EXPECT_EQ(trend_of(few, slow), Trend::unknown);
  Measurement unordered = slow;
  unordered.effective_count = 0;
  EXPECT_EQ(trend_of(slow, unordered), Trend::unknown);
  EXPECT_EQ(trend_of(slow, Measurement{}), Trend::unknown);
}

TEST(Compare, requests_that_are_not_answered_any_more_are_a_regression) {
  std::mt19937_64 random(5);
  const Measurement base = measured(6'000, 1, random);
  std::vector<Sample> samples(6'000, 1e6F);
  std::fill(samples.begin(), samples.begin() + 600, unanswered);
  EXPECT_EQ(trend_of(base, summarize(samples, {})), Trend::slower);
}

TEST(Compare, an_audit_that_is_not_clean_any_more_is_a_regression) {
  Report after = sample_report();
  after.runs[0].audit.lost = 1;
  EXPECT_TRUE(compare(sample_report(), after).regression());
  EXPECT_FALSE(compare(after, sample_report()).regression());
}

TEST(Compare, runs_are_matched_by_conditions_then_by_load) {
  Report before = sample_report();
  before.runs = {sample_run(), sample_run(), sample_run()};
  before.runs[1].store = "postgres";
  before.runs[2].instances = 50;
  Report after = before;
  std::swap(after.runs[0], after.runs[1]);
  after.runs[2].checkpoint_policy = "auto";
  after.runs.push_back(sample_run());
  after.runs.back().instances = 10;

  const Comparison comparison = compare(before, after);
  ASSERT_EQ(comparison.runs.size(), 3U);
  EXPECT_TRUE(comparison.runs[0].notes.empty());
  EXPECT_TRUE(comparison.runs[1].notes.empty());
  EXPECT_EQ(comparison.runs[2].notes, std::vector<std::string>{"checkpoints: adaptive -> auto"});
  ASSERT_EQ(comparison.notes.size(), 1U);
  EXPECT_NE(comparison.notes[0].find("only in the second: baseline: 10 instances"),
            std::string::npos);
}

TEST(Compare, reports_without_a_common_run_are_a_usage_error) {
  Report other = sample_report();
  for (auto& run : other.runs) run.instances = 1'000;
  try {
    compare(sample_report(), other);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
  }
}

TEST(Compare, prints_a_table_that_says_what_changed) {
  Report after = sample_report();
  after.environment.kernel = "6.19.0";
  after.runs.resize(1);
  after.runs[0].measurements["write"] = sample_measurement(2);
  after.runs[0].measurements["cleanup"] = sample_measurement(1);
  const std::string text = to_terminal(compare(sample_report(), after), false);
  EXPECT_EQ(text,
            "kernel: 6.18.0 -> 6.19.0\n"
            "only in the first: thousands: 1 instance, every 250 ms, staggered, 60.0 s\n"
            "\n"
            "baseline: 25 instances, every 250 ms, staggered, 60.0 s\n"
            "  P99 in ms  before  after   change      95% of change      p\n"
            "  handoff      3.64   3.64    +0.0%    -9.6% .. +10.6%  0.968  no significant change\n"
            "  write       0.911   1.82  +100.0%  +80.8% .. +121.2%  0.000  slower\n"
            "    cleanup: only in the second report\n"
            "\n"
            "slower than what one run varies by within itself; whether the programs differ, three "
            "reports on each\nside tell\n");
  for (char letter : to_terminal(compare(sample_report(), after), true)) {
    if (letter == '\x1b') return;
  }
  FAIL() << "no colours";
}

}  // namespace
}  // namespace yardmaster::reports
