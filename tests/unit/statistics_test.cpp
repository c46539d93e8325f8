#include "reports/statistics.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "reports/growth.h"
#include "reports/judgement.h"

namespace yardmaster::reports {
namespace {

using namespace std::chrono_literals;

struct Row {
  int n;
  int most_to_pass;
  int least_to_fail;
};

// One-sided, at 5%, for P99 and independent samples.
TEST(Statistics, exceedance_table_is_exact) {
  for (const auto& [n, most_to_pass, least_to_fail] :
       {Row{299, 0, 7}, Row{473, 1, 10}, Row{1'000, 4, 16}, Row{2'400, 15, 33}, Row{6'000, 47, 74},
        Row{30'000, 271, 330}}) {
    EXPECT_LE(probability_at_most(most_to_pass, n, 0.99), 0.05) << n;
    EXPECT_GT(probability_at_most(most_to_pass + 1, n, 0.99), 0.05) << n;
    EXPECT_GT(probability_at_least(least_to_fail - 1, n, 0.99), 0.05) << n;
    EXPECT_LE(probability_at_least(least_to_fail, n, 0.99), 0.05) << n;
  }
}

TEST(Statistics, tails_are_the_binomial_ones) {
  // Bin(10, 0.1): P(≤ 1) = 0.9^10 + 10 · 0.1 · 0.9^9, P(≥ 2) the rest.
  const double expected = std::pow(0.9, 10) + std::pow(0.9, 9);
  EXPECT_NEAR(probability_at_most(1, 10, 0.9), expected, 1e-12);
  EXPECT_NEAR(probability_at_least(2, 10, 0.9), 1 - expected, 1e-12);
  EXPECT_EQ(probability_at_least(0, 10, 0.9), 1);
  EXPECT_EQ(probability_at_most(10, 10, 0.9), 1);
  const double between = probability_at_most(1.5, 10, 0.9);
  EXPECT_GT(between, expected);
  EXPECT_LT(between, probability_at_most(2, 10, 0.9));
}

// Streams whose exceedance rate of 1 ms is exactly `rate`.
constexpr std::chrono::nanoseconds latency_limit = 1ms;
using Random = std::mt19937_64;

std::vector<Sample> independent(std::size_t n, double rate, Random& random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<Sample> samples(n);
  for (auto& sample : samples) sample = static_cast<Sample>(1e6 * rate / (uniform(random) + 1e-12));
  return samples;
}

// `z` is the standard normal's quantile of 1 − rate, `rho` the lag-1 correlation.
std::vector<Sample> autoregressive(std::size_t n, double z, double rho, Random& random) {
  std::normal_distribution<double> normal;
  const double innovation = std::sqrt(1 - rho * rho);
  double state = normal(random);
  std::vector<Sample> samples(n);
  for (auto& sample : samples) {
    state = rho * state + innovation * normal(random);
    sample = static_cast<Sample>(1e6 * std::exp(state - z));
  }
  return samples;
}
constexpr double z99 = 2.3263478740408408;

// Stalls of `length` samples on average, all over the limit; in between nothing shows.
std::vector<Sample> bursts(std::size_t n, double rate, double length, Random& random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  bool stalled = uniform(random) < rate;
  std::vector<Sample> samples(n);
  for (auto& sample : samples) {
    const double chance = stalled ? 1 / length : rate / (1 - rate) / length;
    if (uniform(random) < chance) stalled = !stalled;
    sample = static_cast<Sample>(1e6 * (uniform(random) + (stalled ? 1 : 0)));
  }
  return samples;
}

TEST(Statistics, design_effect_of_known_processes) {
  Random random(1);
  EXPECT_LT(design_effect(independent(100'000, 0.01, random), to_sample(latency_limit)), 1.3);
  // A two-state Markov chain with mean burst length L: (1 + r) / (1 − r), r = 1 − 1/L − small.
  const auto samples = bursts(400'000, 0.05, 10, random);
  const double r = 1 - 0.1 - 0.05 / 0.95 / 10;
  EXPECT_NEAR(design_effect(samples, to_sample(latency_limit)), (1 + r) / (1 - r), 2.5);
  EXPECT_EQ(design_effect(samples, 1e9F), 1);
  EXPECT_EQ(design_effect({}, 1), 1);
}

TEST(Statistics, correlated_samples_count_less) {
  Random random(2);
  const Judgement apart = judge(independent(24'000, 0.005, random), 0.99, latency_limit, 0.05);
  EXPECT_EQ(apart.verdict, Verdict::pass);
  EXPECT_GT(apart.effective_count, 18'000);
  const Judgement alike =
      judge(autoregressive(24'000, z99, 0.98, random), 0.99, latency_limit, 0.05);
  EXPECT_LT(alike.effective_count, 1'500);
}

TEST(Statistics, unanswered_samples_are_over_every_limit) {
  std::vector<Sample> samples(1'000, 1e6F);
  std::fill(samples.begin() + 400, samples.begin() + 900, unanswered);
  const Judgement judgement = judge(samples, 0.99, 24h, 0.05);
  EXPECT_EQ(judgement.over_limit, 500U);
  std::fill(samples.begin(), samples.end(), unanswered);
  EXPECT_EQ(judge(samples, 0.99, 24h, 0.05).verdict, Verdict::fail);
}

TEST(Statistics, the_limit_itself_is_not_over_it) {
  const std::vector<Sample> samples(500, to_sample(30ms));
  EXPECT_EQ(judge(samples, 0.99, 30ms, 0.05).verdict, Verdict::pass);
  EXPECT_EQ(judge(samples, 0.99, 30ms - 10ns, 0.05).verdict, Verdict::fail);
}

struct Rates {
  double pass = 0;
  double fail = 0;
};

template <typename Generate>
Rates rates(int runs, const std::vector<Look>& looks, Generate generate) {
  Rates found;
  for (int i = 0; i < runs; ++i) {
    const std::vector<Sample> samples = generate();
    for (const Look& look : looks) {
      const auto part = static_cast<double>(samples.size()) * look.fraction;
      const auto seen = std::span(samples).first(static_cast<std::size_t>(part));
      const Verdict verdict = judge(seen, 0.99, latency_limit, look.alpha).verdict;
      if (verdict == Verdict::pass) found.pass += 1.0 / runs;
      if (verdict == Verdict::fail) found.fail += 1.0 / runs;
      if (verdict != Verdict::inconclusive) break;
    }
  }
  return found;
}

// The tolerance is three standard errors of a rate of 5%. Sanitizers check the code, for which a
// few runs do.
#ifdef YARDMASTER_SANITIZED
constexpr int simulated_runs = 25;
constexpr double tolerance = 0.13;
#else
constexpr int simulated_runs = 400;
constexpr double tolerance = 0.03;
#endif
constexpr double rare = 0.05 + tolerance;

TEST(Statistics, wrong_verdicts_stay_rare_with_one_look) {
  Random random(11);
  const std::vector<Look> looks{only_look()};
  const auto expect_rare = [](const Rates& found) {
    EXPECT_LE(found.pass, rare);
    EXPECT_LE(found.fail, rare);
  };
  expect_rare(rates(simulated_runs, looks, [&] { return independent(2'400, 0.01, random); }));
  expect_rare(
      rates(simulated_runs, looks, [&] { return autoregressive(6'000, z99, 0.9, random); }));
  expect_rare(
      rates(simulated_runs, looks, [&] { return autoregressive(6'000, z99, 0.98, random); }));
  expect_rare(rates(simulated_runs, looks, [&] { return bursts(6'000, 0.01, 5, random); }));
  expect_rare(rates(simulated_runs, looks, [&] { return bursts(24'000, 0.01, 20, random); }));
}

TEST(Statistics, wrong_verdicts_stay_rare_with_the_planned_looks) {
  Random random(12);
  const std::vector<Look> looks = planned_looks();
  const auto expect_rare = [](const Rates& found) {
    EXPECT_LE(found.pass, rare);
    EXPECT_LE(found.fail, rare);
  };
  expect_rare(rates(simulated_runs, looks, [&] { return independent(6'000, 0.01, random); }));
  expect_rare(
      rates(simulated_runs, looks, [&] { return autoregressive(6'000, z99, 0.9, random); }));
  expect_rare(
      rates(simulated_runs, looks, [&] { return autoregressive(6'000, z99, 0.98, random); }));
  expect_rare(rates(simulated_runs, looks, [&] { return bursts(24'000, 0.01, 5, random); }));
}

TEST(Statistics, more_looks_than_planned_would_void_it) {
  Random random(13);
  std::vector<Look> looks;
  for (int i = 1; i <= 60; ++i) looks.push_back({i / 60.0, 0.05});
  EXPECT_GT(rates(simulated_runs / 4, looks, [&] { return independent(6'000, 0.01, random); }).pass,
            0.1);
}

TEST(Statistics, clear_cases_are_decided) {
  Random random(14);
  const std::vector<Look> looks = planned_looks();
  EXPECT_GT(rates(50, looks, [&] { return independent(6'000, 0.004, random); }).pass, 0.95);
  EXPECT_GT(rates(50, looks, [&] { return independent(6'000, 0.02, random); }).fail, 0.95);
  EXPECT_GT(rates(50, looks, [&] { return autoregressive(24'000, 2.8782, 0.9, random); }).pass,
            0.95);
}

template <typename Generate>
double coverage(Generate generate) {
  int covered = 0;
  for (int i = 0; i < simulated_runs; ++i) {
    const Measurement found = summarize(generate(), {});
    covered += found.p99_low_ms <= 1 && 1 <= found.p99_high_ms;
  }
  return covered / static_cast<double>(simulated_runs);
}

TEST(Statistics, the_interval_of_p99_covers_it) {
  Random random(15);
  constexpr double least = 0.95 - tolerance;
  EXPECT_GE(coverage([&] { return independent(2'400, 0.01, random); }), least);
  EXPECT_GE(coverage([&] { return autoregressive(6'000, z99, 0.9, random); }), least);
  EXPECT_GE(coverage([&] { return autoregressive(6'000, z99, 0.98, random); }), least);
}

TEST(Statistics, summary_is_exact) {
  std::vector<Sample> latency;
  for (int i = 1; i <= 1'000; ++i) latency.push_back(static_cast<Sample>(i) * 1e6F);
  std::shuffle(latency.begin(), latency.end(), Random(16));
  const Measurement found = summarize(latency, std::vector<Sample>(1'000, 2e6F));
  EXPECT_EQ(found.count, 1'000U);
  EXPECT_EQ(found.latency_ms.p50, 500);
  EXPECT_EQ(found.latency_ms.p90, 900);
  EXPECT_EQ(found.latency_ms.p99, 990);
  EXPECT_EQ(found.latency_ms.p999, 999);
  EXPECT_EQ(found.latency_ms.max, 1'000);
  EXPECT_DOUBLE_EQ(found.latency_ms.mean, 500.5);
  EXPECT_EQ(found.service_ms.p99, 2);
  EXPECT_LT(found.p99_low_ms, 990);
  EXPECT_GT(found.p99_high_ms, 990);
  EXPECT_LE(found.p99_high_ms, 1'000);
}

TEST(Statistics, too_few_samples_have_no_upper_bound) {
  const Measurement few = summarize(std::vector<Sample>(100, 1e6F), {});
  EXPECT_TRUE(std::isinf(few.p99_high_ms));
  EXPECT_EQ(few.latency_ms.p99, 1);
  EXPECT_EQ(summarize(std::vector<Sample>{}, {}).count, 0U);
  EXPECT_EQ(summarize(std::vector<Sample>{3e6F}, {}).latency_ms.p50, 3);
}

TEST(Statistics, a_stall_of_a_short_run_can_stay_unseen) {
  Random random(17);
  // Twenty samples in a thousand's run: no estimator sees what did not happen.
  EXPECT_GT(rates(200, {only_look()}, [&] { return bursts(1'000, 0.01, 20, random); }).pass, 0.3);
}

}  // namespace
}  // namespace yardmaster::reports
