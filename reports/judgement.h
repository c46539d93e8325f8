// From samples to the verdict on one limit: two ways to pass and one to fail, as reports/README.md
// explains them. The evidence of several runs can be added up and judged as one. Pure functions,
// any thread.
#pragma once

#include <chrono>
#include <span>

#include "reports/report.h"
#include "reports/statistics.h"

namespace yardmaster::reports {

// `undisturbed` are the same samples with those that a pause of the generator may explain set to 0;
// empty: there are none. 10 million samples take about a second.
Evidence evidence_of(std::span<const Sample> samples, double q, std::chrono::nanoseconds limit,
                     std::span<const Sample> undisturbed = {});

// 0 < q < 1. Inconclusive without samples.
Judgement judge(const Evidence& evidence, double q, double alpha);
inline Judgement judge(std::span<const Sample> samples, double q, std::chrono::nanoseconds limit,
                       double alpha) {
  return judge(evidence_of(samples, q, limit), q, alpha);
}

// Judges what the coordinator does in its own time, and maybe seldom: where that decides nothing at
// q, at the highest of P99, P95 and P90 that `count` samples carry, which is as many as there will
// be. What passes so has that quantile in `quantile`.
struct CarriedJudgement {
  Judgement judgement;
  double quantile = 0;
};
CarriedJudgement judge_carried(const Evidence& evidence, double q, double count, double alpha);

// Adds up what several runs say that measured the same against the same limit, as if their samples
// were one set.
Evidence together(std::span<const Evidence> runs);

// Returns how many independent samples, none of them over the limit, it takes to pass by count when
// all ways to pass together have the error rate alpha.
double least_to_pass(double q, double alpha);

// Returns the part of the samples that may be over limit / divisor in what passes by margin.
double most_over_margin(double q, unsigned divisor);

// Returns how many times as long a run is as the longest stall that it can hardly have missed: a
// system with stalls of that length, whose quantile q is at the limit, shows none of them with
// probability alpha.
double stalls_in_a_run(double q, double alpha);

}  // namespace yardmaster::reports
