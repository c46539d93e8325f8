#include "reports/verdict.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
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
  const TargetResult result = judged(constant(320, 1ms), constant(320, 1ms), {});
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_EQ(result.reason, "too few: 0 of 320 over 30ms, and it takes 321");
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

// 100 a second, from the second second on.
Samples due_times(std::size_t count) {
  Samples due(count);
  for (std::size_t i = 0; i < count; ++i) due[i] = 1e9F + static_cast<Sample>(i) * 1e7F;
  return due;
}

TEST(Verdict, lag_alone_forbids_no_pass_since_latency_holds_it) {
  Validity validity;
  validity.schedule_lag_ms.p99 = 29;
  validity.hiccup_ms.p99 = 100;
  EXPECT_EQ(judged(constant(1'000, 1ms), constant(1'000, 1ms), validity).verdict, Verdict::pass);
}

// Over the limit for 100 of every 500 ms, while the generator was stopped.
struct Stopped {
  Samples latency = constant(1'000, 20ms);
  Samples due = due_times(1'000);
  Validity validity;

  Stopped() {
    for (int k = 0; k < 20; ++k) {
      const double begin_s = 1 + 0.5 * k;
      validity.pauses.push_back({.begin_s = begin_s, .end_s = begin_s + 0.1});
      for (std::size_t i = 0; i < 10; ++i) {
        latency[static_cast<std::size_t>(50 * k) + i] = to_sample(120ms - 10ms * i);
      }
    }
  }
  TargetResult result() const {
    return judge_target(write_target(), {latency, latency, due}, validity, alpha);
  }
};

TEST(Verdict, a_stopped_generator_fails_nothing_and_says_that_it_was_disturbed) {
  Stopped run;
  const TargetResult result = run.result();
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_EQ(result.over_limit, 180U);
  EXPECT_EQ(result.undisturbed_over, 0U);
  EXPECT_EQ(result.reason.find("the generator was disturbed: 180 of 1,000 over 30ms"), 0U)
      << result.reason;
  run.validity.pauses.clear();
  EXPECT_EQ(run.result().verdict, Verdict::fail);
}

TEST(Verdict, a_coordinator_that_waits_for_a_cpu_that_others_use_fails_nothing) {
  Stopped run;
  std::swap(run.validity.coordinator_waits, run.validity.pauses);
  const TargetResult result = run.result();
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_EQ(result.reason.find("the machine was disturbed: 180 of 1,000 over 30ms"), 0U)
      << result.reason;
  EXPECT_NE(result.reason.find("waited for a CPU that others used 20 times, for 2.00 s in all"),
            std::string::npos)
      << result.reason;
}

TEST(Verdict, what_the_coordinator_does_in_its_own_time_is_excused_by_its_waits_alone) {
  const Samples latency = constant(1'000, 50ms);
  const Samples ended = due_times(1'000);
  Validity validity;
  const auto verdict_now = [&] {
    const TargetSamples samples{.latency = latency, .service = {}, .ended = ended};
    return judge_target(write_target(), samples, validity, alpha).verdict;
  };
  validity.pauses = {{.begin_s = 0, .end_s = 100}};
  EXPECT_EQ(verdict_now(), Verdict::fail);
  std::swap(validity.coordinator_waits, validity.pauses);
  EXPECT_EQ(verdict_now(), Verdict::inconclusive);
  validity.coordinator_waits = {{.begin_s = 100, .end_s = 200}};  // when all was over
  EXPECT_EQ(verdict_now(), Verdict::fail);
}

TEST(Verdict, pauses_do_not_excuse_what_is_slow_without_them) {
  Stopped run;
  for (std::size_t i = 20; i < 1'000; i += 50) run.latency[i] = to_sample(40ms);  // 2%
  EXPECT_EQ(run.result().verdict, Verdict::fail);
}

TEST(Verdict, a_pause_touches_what_was_under_way_but_not_what_was_answered_before) {
  Validity validity;
  validity.pauses = {{.begin_s = 5, .end_s = 5.01}};
  Samples latency = constant(1'000, 1ms);
  const Samples due = due_times(1'000);
  // Due from 4.5 s on: answered at 4.95 s, before the pause; then at 5.05 s, behind it.
  std::fill(latency.begin() + 350, latency.begin() + 390, to_sample(50ms));
  const auto judged_now = [&] {
    return judge_target(write_target(), {latency, latency, due}, validity, alpha);
  };
  EXPECT_FALSE(judged_now().undisturbed_over);
  std::fill(latency.begin() + 350, latency.begin() + 390, to_sample(600ms));
  EXPECT_EQ(judged_now().undisturbed_over, 0U);
}

TEST(Verdict, what_was_never_answered_is_no_pause_of_the_generator) {
  Stopped run;
  std::fill(run.latency.begin() + 500, run.latency.begin() + 700, unanswered);
  EXPECT_EQ(run.result().verdict, Verdict::fail);
}

TEST(Verdict, what_the_coordinator_measures_itself_knows_no_pauses) {
  const Stopped run;
  const TargetSamples samples{.latency = run.latency, .service = {}};
  EXPECT_EQ(judge_target(write_target(), samples, run.validity, alpha).verdict, Verdict::fail);
}

// A minute of 100 writes a second.
reports::Run minute() {
  reports::Run run;
  run.instances = 25;
  run.duration_s = 60;
  run.offered_per_s = 100;
  run.achieved_per_s = 100;
  run.arrivals = "staggered";
  return run;
}

reports::Run judged_minute(reports::Run run, std::chrono::nanoseconds latency = 1ms) {
  const Samples samples = constant(6'000, latency);
  judge_run(run, std::vector<Target>{write_target()}, {{"write", {samples, samples}}}, alpha);
  return run;
}

TEST(Verdict, a_load_that_was_not_offered_proves_nothing_by_being_carried) {
  EXPECT_EQ(judged_minute(minute()).verdict, Verdict::pass);
  reports::Run run = minute();
  run.validity.due = 6'000;
  run.validity.begun = 5'999;
  EXPECT_EQ(judged_minute(run).verdict, Verdict::inconclusive);
  EXPECT_EQ(judged_minute(run).validity.reasons.at(0),
            "the load was not offered: 1 of 6,000 requests that were due were not begun");
  EXPECT_EQ(judged_minute(run, 40ms).verdict, Verdict::fail);
  run = minute();
  run.achieved_per_s = 98.9;
  EXPECT_EQ(judged_minute(run).verdict, Verdict::inconclusive);
  run.achieved_per_s = 99;
  EXPECT_EQ(judged_minute(run).verdict, Verdict::pass);
}

TEST(Verdict, chance_in_random_arrivals_is_no_lack_of_load) {
  reports::Run run = minute();
  run.achieved_per_s = 97;  // 180 writes of 6,000, of which one standard deviation is 77
  EXPECT_EQ(judged_minute(run).verdict, Verdict::inconclusive);
  run.arrivals = "poisson";
  EXPECT_EQ(judged_minute(run).verdict, Verdict::pass);
  run.achieved_per_s = 90;
  EXPECT_EQ(judged_minute(run).verdict, Verdict::inconclusive);
}

TEST(Verdict, a_pass_says_which_stalls_it_vouches_for) {
  const TargetResult result = judged_minute(minute()).targets.at(0);
  EXPECT_NEAR(result.vouches_for_s, 60.0 / 299, 1e-9);
  EXPECT_NE(result.reason.find("vouches for stalls of up to 0.20 s"), std::string::npos);
  EXPECT_EQ(judged_minute(minute(), 40ms).targets.at(0).vouches_for_s, 0);
}

TEST(Verdict, reasons_do_not_mix_samples_with_what_they_count_as) {
  Samples latency = constant(24'000, 1ms);
  std::fill(latency.begin() + 9'000, latency.begin() + 9'230, to_sample(40ms));
  const TargetResult result = judged(latency, latency, {});
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_EQ(result.reason.find("too few: 230 of 24,000 over 30ms, which count as "), 0U)
      << result.reason;
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
}

bool may_end_after(const std::map<std::string, Samples>& latencies) {
  std::map<std::string, TargetSamples> samples;
  for (const auto& [name, latency] : latencies) samples[name] = {latency, latency};
  const std::vector<Target> targets{write_target(),
                                    {.measurement = "handoff", .quantile = 0.99, .limit = 30ms}};
  const Look look = planned_looks().front();
  reports::Run run;
  judge_run(run, targets, samples, look.alpha);
  return may_end(run, samples, look);
}

TEST(Verdict, a_run_ends_early_when_everything_passes_or_anything_fails) {
  const Samples fast = constant(1'000, 1ms);
  const Samples few = constant(100, 1ms);
  EXPECT_TRUE(may_end_after({{"write", fast}, {"handoff", fast}}));
  EXPECT_FALSE(may_end_after({{"write", fast}, {"handoff", few}}));
  EXPECT_TRUE(may_end_after({{"write", constant(1'000, 40ms)}, {"handoff", few}}));
  EXPECT_FALSE(may_end_after({}));
}

TEST(Verdict, a_run_whose_latency_grows_towards_its_limit_does_not_end_early) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<Sample> spread;
  Samples growing(3'000);
  for (std::size_t i = 0; i < growing.size(); ++i) {
    growing[i] = to_sample(300us) * spread(random) * std::exp(static_cast<Sample>(i) / 3'000);
  }
  const Samples handoffs = constant(3'000, 1ms);
  EXPECT_EQ(judged(growing, growing, {}).verdict, Verdict::pass);
  EXPECT_FALSE(may_end_after({{"write", growing}, {"handoff", handoffs}}));
  for (Sample& sample : growing) sample /= 100;
  EXPECT_TRUE(may_end_after({{"write", growing}, {"handoff", handoffs}})) << "far below the limit";
}

// Half a percent so far, at a rate that rises in a straight line from none.
TEST(Verdict, a_run_with_more_and_more_over_its_limit_does_not_end_early) {
  Samples rising = constant(6'000, 1ms);
  Samples steady = rising;
  for (int i = 0; i < 30; ++i) {
    rising[static_cast<std::size_t>(6'000 * std::sqrt((i + 0.5) / 30))] = to_sample(40ms);
  }
  for (std::size_t i = 100; i < 300; i += 100) steady[i * 20] = to_sample(40ms);
  EXPECT_EQ(judged(rising, rising, {}).verdict, Verdict::pass);
  EXPECT_FALSE(may_end_after({{"write", rising}, {"handoff", steady}}));
  EXPECT_TRUE(may_end_after({{"write", steady}, {"handoff", steady}}));
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
  const std::vector<Target> targets{write_target(),
                                    {.measurement = "handoff", .quantile = 0.99, .limit = 500ms}};
  const Samples latency = constant(1'000, 40ms);
  judge_run(run, targets, {{"write", {latency, latency}}}, alpha);
  ASSERT_EQ(run.targets.size(), 1U);
  EXPECT_EQ(run.verdict, Verdict::fail);
  judge_run(run, targets, {{"handoff", {latency, latency}}}, alpha);
  ASSERT_EQ(run.targets.size(), 1U);
  EXPECT_EQ(run.verdict, Verdict::pass);
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
