// The statistics behind a verdict: whether samples show that a quantile is within a limit, and how
// far a P99 may be off. Samples follow each other and are alike, so they count less than their
// number; reports/README.md explains the method and its sources. Pure functions, any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "reports/report.h"

namespace yardmaster::reports {

// One latency in nanoseconds, in the order of the intended times; four bytes, since a long run has
// ten million of them (exact up to 16.7 ms, then to one part in 16 million).
using Sample = float;
// A request that was never answered: over every limit.
inline constexpr Sample unanswered = std::numeric_limits<Sample>::infinity();

inline Sample to_sample(std::chrono::nanoseconds value) {
  return static_cast<Sample>(value.count());
}

// A look is a planned moment at which a run may be judged: after which part of its longest
// duration, and at which error rate.
struct Look {
  double fraction;
  double alpha;
};
// A run of a fixed duration is judged once, at its end.
Look only_look();
// A run that may end early is judged at these moments and no other, and stops at the first that
// decides every target.
std::vector<Look> planned_looks();

// Returns the probability that, of n samples with quantile q at the limit, at most (at least)
// `over` exceed it: the binomial's tails, continued to real arguments. 0 < q < 1.
double probability_at_most(double over, double n, double q);
double probability_at_least(double over, double n, double q);

// pass: so few exceedances are improbable (≤ alpha) unless the quantile is below the limit.
// fail: so many are improbable unless it is above. Never passes without samples.
Verdict test_exceedances(double over, double n, double q, double alpha);

// Returns how many neighbouring samples count as one for the indicators "over the threshold"; 1
// when they are independent, or all on the same side.
double design_effect(std::span<const Sample> samples, Sample threshold);

struct Judgement {
  std::uint64_t count = 0;
  std::uint64_t over_limit = 0;
  double effective_count = 0;  // count / design effect
  Verdict verdict = Verdict::inconclusive;
};
// 10 million samples take some 0.2 s.
Judgement judge(std::span<const Sample> samples, double q, std::chrono::nanoseconds limit,
                double alpha);

// Judges several runs that measured the same, each judged for the same quantile and limit, as if
// their samples were one set.
Judgement judge_together(std::span<const Judgement> runs, double q, double alpha);

// Exact quantiles of the latency and service times, with the 95% confidence interval of the latency
// P99. An end of the interval that the samples cannot give is 0 or infinity. `service` may be empty
// when the measurement has no intended time: then the latency is the service time.
Measurement summarize(std::span<const Sample> latency, std::span<const Sample> service);
// Summarizes a histogram, which has lost the order and so the effective count: there is no
// confidence interval.
Measurement summarize(const metrics::Histogram& histogram);

}  // namespace yardmaster::reports
