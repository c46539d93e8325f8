#include "reports/verdict.h"

#include <vector>

#include <gtest/gtest.h>

namespace yardmaster::reports {
namespace {

using namespace std::chrono_literals;
using Samples = std::vector<Sample>;

constexpr double alpha = 0.05;

Target write_target(bool by_name = false) {
  return {.measurement = "write", .quantile = 0.99, .limit = 30ms, .by_name = by_name};
}

Samples constant(std::size_t count, std::chrono::nanoseconds value) {
  return Samples(count, to_sample(value));
}

TargetResult judged(const Samples& latency, const Samples& service, const Validity& validity) {
  return judge_target(write_target(), {latency, service}, validity, alpha);
}

TEST(Verdict, fast_samples_pass) {
  const TargetResult result = judged(constant(1'000, 1ms), constant(1'000, 1ms), {});
  EXPECT_EQ(result.verdict, Verdict::pass);
  EXPECT_EQ(result.over_limit, 0U);
  EXPECT_EQ(result.reason, "0 of 1,000 over 30ms");
}

TEST(Verdict, slow_samples_fail) {
  const TargetResult result = judged(constant(1'000, 31ms), constant(1'000, 1ms), {});
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(result.over_limit, 1'000U);
}

TEST(Verdict, few_samples_are_inconclusive_and_say_how_many_it_takes) {
  const TargetResult result = judged(constant(298, 1ms), constant(298, 1ms), {});
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_EQ(result.reason, "too few: 0 of 298 over 30ms, and it takes 299");
}

TEST(Verdict, no_samples_never_pass) {
  const auto result = judge_target(write_target(), {}, {}, alpha);
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_EQ(result.reason, "no samples");
}

TEST(Verdict, a_workload_that_ran_and_gave_no_sample_is_inconclusive) {
  reports::Run run;
  const Samples writes = constant(1'000, 1ms);
  const std::vector<Target> targets{write_target(),
                                    {.measurement = "checkpoint", .quantile = 0.99, .limit = 30ms}};
  judge_run(run, targets, {{"write", {writes, writes}}, {"checkpoint", {}}}, alpha);
  ASSERT_EQ(run.targets.size(), 2U);
  EXPECT_EQ(run.targets[1].reason, "no samples");
  EXPECT_EQ(run.verdict, Verdict::inconclusive);
}

TEST(Verdict, what_was_asked_for_by_name_and_did_not_run_is_inconclusive) {
  reports::Run run;
  judge_run(run, std::vector<Target>{write_target(true)}, {}, alpha);
  ASSERT_EQ(run.targets.size(), 1U);
  EXPECT_EQ(run.verdict, Verdict::inconclusive);
}

TEST(Verdict, an_interrupted_run_can_fail_but_not_pass) {
  reports::Run run;
  run.interrupted = true;
  const Samples fast = constant(1'000, 1ms);
  judge_run(run, std::vector<Target>{write_target()}, {{"write", {fast, fast}}}, alpha);
  EXPECT_EQ(run.targets.at(0).verdict, Verdict::pass);
  EXPECT_EQ(run.verdict, Verdict::inconclusive);
  const Samples slow = constant(1'000, 40ms);
  judge_run(run, std::vector<Target>{write_target()}, {{"write", {slow, slow}}}, alpha);
  EXPECT_EQ(run.verdict, Verdict::fail);
}

TEST(Verdict, a_generator_that_lags_cannot_pass) {
  Validity validity;
  validity.schedule_lag_ms.p99 = 3.0;
  EXPECT_EQ(judged(constant(1'000, 1ms), constant(1'000, 1ms), validity).verdict, Verdict::pass);
  validity.schedule_lag_ms.p99 = 3.1;
  const TargetResult lagging = judged(constant(1'000, 1ms), constant(1'000, 1ms), validity);
  EXPECT_EQ(lagging.verdict, Verdict::inconclusive);
  EXPECT_EQ(lagging.reason,
            "schedule lag P99 of 3.10 ms is over a tenth of the 30ms for write P99");
  validity = {};
  validity.hiccup_ms.p99 = 5;
  EXPECT_EQ(judged(constant(1'000, 1ms), constant(1'000, 1ms), validity).verdict,
            Verdict::inconclusive);
}

TEST(Verdict, a_generator_that_lags_does_not_excuse_a_slow_service) {
  Validity validity;
  validity.schedule_lag_ms.p99 = 10;
  EXPECT_EQ(judged(constant(1'000, 50ms), constant(1'000, 40ms), validity).verdict, Verdict::fail);
  EXPECT_EQ(judged(constant(1'000, 50ms), constant(1'000, 1ms), validity).verdict,
            Verdict::inconclusive);
  EXPECT_EQ(judged(constant(1'000, 50ms), {}, validity).verdict, Verdict::fail);
}

TEST(Verdict, a_run_is_as_good_as_its_worst_target) {
  TargetResult pass;
  pass.verdict = Verdict::pass;
  TargetResult fail;
  fail.verdict = Verdict::fail;
  const TargetResult open;
  EXPECT_EQ(verdict_of({pass, pass}, {}), Verdict::pass);
  EXPECT_EQ(verdict_of({pass, open}, {}), Verdict::inconclusive);
  EXPECT_EQ(verdict_of({open, fail, pass}, {}), Verdict::fail);
  EXPECT_EQ(verdict_of({}, {}), Verdict::inconclusive);
  EXPECT_TRUE(decides_everything({pass, fail}));
  EXPECT_FALSE(decides_everything({pass, open}));
  EXPECT_FALSE(decides_everything({}));
}

TEST(Verdict, one_lost_entry_fails_the_run) {
  TargetResult pass;
  pass.verdict = Verdict::pass;
  EXPECT_EQ(verdict_of({pass}, {.acknowledged = 10, .stored = 9, .lost = 1}), Verdict::fail);
  EXPECT_EQ(verdict_of({pass}, {.acknowledged = 10, .stored = 11, .duplicated = 1}), Verdict::fail);
  EXPECT_EQ(verdict_of({}, {.acknowledged = 10, .stored = 10, .out_of_order = 1}), Verdict::fail);
}

TEST(Verdict, only_targets_whose_workload_ran_are_judged) {
  reports::Run run;
  run.validity.schedule_lag_ms.p99 = 3.5;
  const std::vector<Target> targets{write_target(),
                                    {.measurement = "handoff", .quantile = 0.99, .limit = 500ms}};
  const Samples writes = constant(1'000, 1ms);
  judge_run(run, targets, {{"write", {writes, writes}}}, alpha);
  ASSERT_EQ(run.targets.size(), 1U);
  EXPECT_EQ(run.verdict, Verdict::inconclusive);
  EXPECT_EQ(run.validity.reasons.size(), 1U);
  judge_run(run, targets, {{"handoff", {writes, writes}}}, alpha);
  EXPECT_EQ(run.verdict, Verdict::pass);
  EXPECT_TRUE(run.validity.reasons.empty());
}

TEST(Verdict, a_report_is_as_good_as_its_worst_run) {
  Report report;
  EXPECT_EQ(report.verdict(), Verdict::inconclusive);
  report.runs.resize(2);
  report.runs[0].verdict = Verdict::pass;
  report.runs[1].verdict = Verdict::pass;
  EXPECT_EQ(report.verdict(), Verdict::pass);
  report.runs[1].verdict = Verdict::inconclusive;
  EXPECT_EQ(report.verdict(), Verdict::inconclusive);
  report.runs[1].verdict = Verdict::pass;
  report.missing_runs = 1;
  EXPECT_EQ(report.verdict(), Verdict::inconclusive);
  report.runs[0].verdict = Verdict::fail;
  EXPECT_EQ(report.verdict(), Verdict::fail);
}

}  // namespace
}  // namespace yardmaster::reports
