// These tests are on what reports say about a disk that was made slower, and what they conclude
// when it was not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/compare.h"
#include "reports/json_reader.h"
#include "reports/json_writer.h"
#include "reports/markdown_writer.h"
#include "reports/terminal_writer.h"
#include "reports/verdict.h"
#include "tests/unit/sample_report.h"

namespace yardmaster::reports {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Run delayed_run(double injected_ms, double added_ms, double reach_ms) {
  reports::Run run;
  run.fsync_injected_ms = injected_ms;
  run.delayed_fsync = DelayedFsync{.added_ms = added_ms,
                                   .added_low_ms = added_ms - reach_ms,
                                   .added_high_ms = added_ms + reach_ms};
  return run;
}

bool is_as_injected(double injected_ms, double added_ms, double reach_ms = 0) {
  return !why_another_disk(delayed_run(injected_ms, added_ms, reach_ms)).has_value();
}

TEST(InjectedFsync, is_as_asked_for_within_5_percent_or_a_fifth_of_a_millisecond) {
  EXPECT_TRUE(is_as_injected(10, 10.1));
  EXPECT_TRUE(is_as_injected(10, 9.51));
  EXPECT_FALSE(is_as_injected(10, 9.49));
  EXPECT_FALSE(is_as_injected(10, 10.51));
  EXPECT_TRUE(is_as_injected(1, 1.19));
  EXPECT_FALSE(is_as_injected(1, 1.21));
}

TEST(InjectedFsync, is_given_the_benefit_of_its_own_uncertainty) {
  EXPECT_TRUE(is_as_injected(10, 11, 0.6));
  EXPECT_FALSE(is_as_injected(10, 12, 0.6));
}

TEST(InjectedFsync, that_nobody_measured_is_not_as_asked_for) {
  reports::Run run;
  EXPECT_FALSE(why_another_disk(run).has_value());
  run.fsync_injected_ms = 5;
  EXPECT_TRUE(why_another_disk(run).has_value());
}

TEST(InjectedFsync, that_is_wrong_leaves_a_run_without_pass_or_fail) {
  const std::vector<Sample> fast(1'000, to_sample(1ms));
  const std::vector<Sample> slow(1'000, to_sample(40ms));
  const std::vector<Target> targets{{.measurement = "write", .quantile = 0.99, .limit = 30ms}};
  for (const auto& samples : {fast, slow}) {
    auto run = delayed_run(10, 0.05, 0.01);
    judge_run(run, targets, {{"write", {samples, samples}}}, 0.05);
    EXPECT_EQ(run.verdict, Verdict::inconclusive);
    ASSERT_EQ(run.validity.reasons.size(), 1U);
    EXPECT_THAT(run.validity.reasons[0], HasSubstr("0.050 ms longer, not the 10.0 ms"));
    EXPECT_EQ(run.targets.at(0).reason, run.validity.reasons[0]);
  }
  auto run = delayed_run(10, 10.02, 0.01);
  judge_run(run, targets, {{"write", {fast, fast}}}, 0.05);
  EXPECT_EQ(run.verdict, Verdict::pass);
  EXPECT_TRUE(run.validity.reasons.empty());
}

Report delayed_report() {
  Report report = sample_report();
  report.runs[0].fsync_injected_ms = 5;
  report.runs[0].fsync_latency = "uniform:1ms..9ms";
  report.runs[0].delayed_fsync = DelayedFsync{.p50_ms = 6,
                                              .p99_ms = 10,
                                              .bare_p50_ms = 1,
                                              .added_ms = 5.1,
                                              .added_low_ms = 4.5,
                                              .added_high_ms = 5.5};
  return report;
}

TEST(InjectedFsync, is_in_every_form_of_the_report) {
  const Report report = delayed_report();
  const std::string json = to_json(report);
  EXPECT_EQ(to_json(from_json(json)), json);
  for (const auto& text : {to_terminal(report, false), to_markdown(report)}) {
    EXPECT_THAT(text, HasSubstr("uniform:1ms..9ms added"));
    EXPECT_THAT(text, HasSubstr("fdatasync of the store: P50 6.00 ms"));
  }
}

TEST(InjectedFsync, tells_runs_apart_when_they_are_compared) {
  const Report slow = delayed_report();
  Report fast = delayed_report();
  fast.runs[0].fsync_injected_ms = 0;
  fast.runs[0].fsync_latency.clear();
  fast.runs[0].delayed_fsync.reset();
  const auto comparison = compare(fast, slow, {});
  EXPECT_THAT(to_terminal(comparison, false),
              HasSubstr("added to each fsync: none -> uniform:1ms..9ms"));
}

}  // namespace
}  // namespace yardmaster::reports
