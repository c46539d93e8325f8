#include "reports/judgement.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace yardmaster::reports {
namespace {

using namespace std::chrono_literals;
using Random = std::mt19937_64;

constexpr std::chrono::nanoseconds most = 60ms;
constexpr double looks_alpha = 0.02;
constexpr double normal_p99 = 2.3263478740408408;

// A state with the standard normal distribution whose neighbours correlate by 0.9.
template <typename Latency>
std::vector<Sample> alike(std::size_t n, Random& random, Latency latency) {
  std::normal_distribution<double> normal;
  double state = normal(random);
  std::vector<Sample> samples(n);
  for (Sample& sample : samples) {
    state = 0.9 * state + std::sqrt(1 - 0.81) * normal(random);
    sample = static_cast<Sample>(latency(state));
  }
  return samples;
}

Judgement judged_constant(std::size_t count, double alpha) {
  return judge(std::vector<Sample>(count, 1e6F), 0.99, most, alpha);
}

TEST(JudgementTest, far_below_the_limit_samples_that_are_alike_pass_by_margin) {
  Random random(1);
  int passed = 0;
  int by_margin = 0;
  for (int i = 0; i < 50; ++i) {
    const auto samples =
        alike(2'400, random, [](double state) { return 0.6e6 * std::exp(state - normal_p99); });
    const Judgement judgement = judge(samples, 0.99, most, looks_alpha);
    passed += judgement.verdict == Verdict::pass;
    by_margin += judgement.margin > 0;
  }
  EXPECT_GE(passed, 40);
  EXPECT_GE(by_margin, 25) << "by count they are too few";
}

TEST(JudgementTest, a_tail_that_gives_no_warning_seldom_passes_by_margin) {
  Random random(2);
  int passed = 0;
  constexpr int runs = 400;
  for (int i = 0; i < runs; ++i) {
    const auto samples = alike(1'200, random, [](double state) {
      return state > normal_p99 ? 120e6 : 0.06e6 * std::exp(state / 2);
    });
    passed += judge(samples, 0.99, most, 0.05).verdict == Verdict::pass;
  }
  EXPECT_LE(passed, runs * 8 / 100);
}

TEST(JudgementTest, one_sample_over_the_limit_ends_all_margins) {
  std::vector<Sample> samples(400, 1e6F);
  EXPECT_EQ(judge(samples, 0.99, most, looks_alpha).verdict, Verdict::pass);
  samples[200] = 61e6F;
  EXPECT_EQ(judge(samples, 0.99, most, looks_alpha).verdict, Verdict::inconclusive);
  EXPECT_TRUE(evidence_of(samples, 0.99, most).margins.empty());
}

// As a minute or two gives of checkpoints.
TEST(JudgementTest, it_takes_390_samples_by_margin_and_412_by_count_at_a_planned_look) {
  EXPECT_EQ(judged_constant(389, looks_alpha).verdict, Verdict::inconclusive);
  EXPECT_EQ(judged_constant(390, looks_alpha).verdict, Verdict::pass);
  EXPECT_GT(judged_constant(411, looks_alpha).margin, 0U);
  EXPECT_EQ(judged_constant(412, looks_alpha).margin, 0U);
  EXPECT_EQ(least_to_pass(0.99, looks_alpha), 412);
}

TEST(JudgementTest, by_margin_so_few_may_be_over_a_part_of_the_limit) {
  EXPECT_NEAR(most_over_margin(0.99, 100), 0.1, 1e-12);
  EXPECT_NEAR(most_over_margin(0.99, 10), 0.0316, 1e-4);
  // A fifth of all over L/100, a twentieth over L/10: neither is few enough.
  std::vector<Sample> samples(400, 0.1e6F);
  for (std::size_t i = 0; i < 400; i += 5) samples[i] = i % 20 == 0 ? 10e6F : 1e6F;
  EXPECT_EQ(judge(samples, 0.99, most, looks_alpha).verdict, Verdict::inconclusive);
}

TEST(JudgementTest, runs_add_up) {
  const Evidence half = evidence_of(std::vector<Sample>(200, 1e6F), 0.99, most);
  EXPECT_EQ(judge(half, 0.99, 0.05).verdict, Verdict::inconclusive);
  const std::vector<Evidence> two{half, half, {}};
  const Evidence all = together(two);
  EXPECT_EQ(all.count, 400U);
  EXPECT_EQ(all.margins.size(), half.margins.size());
  EXPECT_EQ(judge(all, 0.99, 0.05).verdict, Verdict::pass);
}

// Sixty in a row in one run of three count as the few that they are.
TEST(JudgementTest, one_stall_in_one_run_makes_not_all_of_them_fail) {
  std::vector<Sample> stalled(3'000, 1e6F);
  std::fill(stalled.begin() + 1'000, stalled.begin() + 1'120, 100e6F);
  const Evidence quiet = evidence_of(std::vector<Sample>(3'000, 1e6F), 0.99, most);
  const std::vector<Evidence> runs{quiet, evidence_of(stalled, 0.99, most), quiet};
  EXPECT_NE(judge(together(runs), 0.99, 0.05).verdict, Verdict::fail);
}

TEST(JudgementTest, what_is_few_by_nature_is_judged_at_the_quantile_that_it_carries) {
  const auto carried = [](std::size_t count, double in_the_end, Sample value = 1e6F) {
    const std::vector<Sample> samples(count, value);
    return judge_carried(evidence_of(samples, 0.99, most), 0.99, in_the_end, looks_alpha);
  };
  EXPECT_EQ(carried(120, 240).judgement.verdict, Verdict::pass);
  EXPECT_EQ(carried(120, 240).quantile, 0.95);
  EXPECT_EQ(carried(60, 70).quantile, 0.9);
  // So many that P99 will be decided by the end, and so few that nothing is.
  EXPECT_EQ(carried(265, 1'060).judgement.verdict, Verdict::inconclusive);
  EXPECT_EQ(carried(30, 30).judgement.verdict, Verdict::inconclusive);
  EXPECT_EQ(carried(390, 390).quantile, 0.99);
  EXPECT_EQ(carried(120, 240, 61e6F).judgement.verdict, Verdict::fail);
  EXPECT_EQ(carried(120, 240, 61e6F).quantile, 0.99);
}

TEST(JudgementTest, stalls_need_runs_300_times_as_long) {
  EXPECT_EQ(stalls_in_a_run(0.99, 0.05), 299);
  EXPECT_EQ(stalls_in_a_run(0.99, looks_alpha), 390);
  EXPECT_EQ(stalls_in_a_run(0.999, 0.05), 2'995);
}

}  // namespace
}  // namespace yardmaster::reports
