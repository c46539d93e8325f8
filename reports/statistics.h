// The statistics behind a verdict: how many independent samples the samples of a run are worth, the
// binomial's tails, and how far a P99 may be off. Samples follow each other and are alike, so they
// count less than their number; reports/README.md explains the method and its sources. Pure
// functions, any thread.
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
// A run that may end early is judged at these moments and no other.
std::vector<Look> planned_looks();

// Returns the probability that, of n samples with quantile q at the limit, at most (at least)
// `over` exceed it: the binomial's tails, continued to real arguments. 0 < q < 1.
double probability_at_most(double over, double n, double q);
double probability_at_least(double over, double n, double q);

// Returns the probability that Student's t with so many degrees of freedom exceeds t ≥ 0.
double student_tail(double t, double freedom);

// Returns how many neighbouring samples count as one for the indicators "over the threshold"; 1
// when they are independent, or all on the same side.
double design_effect(std::span<const Sample> samples, Sample threshold);

// Returns the exact quantile, one of the samples, of which there must be some.
Sample quantile_of(std::span<const Sample> samples, double q);

// Exact quantiles of the latency and service times, with the 95% confidence interval of the latency
// P99. An end of the interval that the samples cannot give is 0 or infinity. `service` may be empty
// when the measurement has no intended time: then the latency is the service time.
Measurement summarize(std::span<const Sample> latency, std::span<const Sample> service);
// Returns the samples, in milliseconds, at the points of distribution_quantile().
std::vector<double> distribution_ms(std::span<const Sample> samples);

// Summarizes a histogram, which has lost the order and so the effective count: there is no
// confidence interval.
Measurement summarize(const metrics::Histogram& histogram);

}  // namespace yardmaster::reports
