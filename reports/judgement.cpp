#include "reports/judgement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace yardmaster::reports {
namespace {

constexpr double bulk_quantile = 0.95;  // correlation is estimated here, where exceedances abound
// The two ways to pass share the error rate; the second has one test for each divisor.
constexpr double part_by_count = 0.8;
constexpr std::array<unsigned, 3> divisors{10, 30, 100};
constexpr double part_by_margin = (1 - part_by_count) / divisors.size();
// By margin, a limit that nothing exceeds takes as many samples as would show an exceedance in all
// but 2% of runs if they were independent, and, as they are, in all but 15%.
constexpr double least_alpha = 0.02;
constexpr double least_effective_alpha = 0.15;
// Those at which the coordinator's own doings may be judged where they are few.
constexpr std::array<double, 3> lesser_quantiles{0.99, 0.95, 0.9};
constexpr double most_share = 0.5;  // over a part of the limit, for that to say anything

// So many independent samples show no exceedance with probability alpha, if q is at the limit.
double least_clean(double q, double alpha) { return std::ceil(std::log(alpha) / std::log(q)); }

std::uint64_t count_over(std::span<const Sample> samples, Sample threshold) {
  return static_cast<std::uint64_t>(
      std::count_if(samples.begin(), samples.end(), [=](Sample s) { return s > threshold; }));
}

MarginCount margin_count(std::span<const Sample> samples, double q, Sample limit,
                         unsigned divisor) {
  const Sample threshold = limit / static_cast<Sample>(divisor);
  const Sample own = quantile_of(samples, 1 - most_over_margin(q, divisor));
  const double design = std::max(design_effect(samples, threshold), design_effect(samples, own));
  return {.divisor = divisor,
          .over = count_over(samples, threshold),
          .effective_count = static_cast<double>(samples.size()) / design};
}

// A few bursts say little about how long bursts are: of c = over / design clusters the estimate is
// low too often, so a pass allows for one cluster more. Nothing changes for independent samples.
double with_another_cluster(double design, double over) {
  return over > 0 ? 1 + (design - 1) * (1 + design / over) : design;
}

// Returns how many samples count as one, by what all of them are worth.
double design_of(const Evidence& evidence, double effective) {
  return static_cast<double>(evidence.count) /
         (effective > 0 ? effective : evidence.effective_count);
}

bool passes_by_count(const Evidence& evidence, double q, double alpha) {
  const auto n = static_cast<double>(evidence.count);
  const auto over = static_cast<double>(evidence.over_limit);
  const double at_limit = design_of(evidence, evidence.effective_at_limit);
  const double design = std::max(with_another_cluster(at_limit, over),
                                 design_of(evidence, evidence.effective_in_bulk));
  return probability_at_most(over / design, n / design, q) <= part_by_count * alpha;
}

// Returns the divisor of the limit by which the evidence passes; 0 if it does not.
unsigned passing_margin(const Evidence& evidence, double q, double alpha) {
  const auto n = static_cast<double>(evidence.count);
  if (evidence.over_limit > 0 || n < least_clean(q, least_alpha)) return 0;
  if (evidence.effective_in_bulk < least_clean(q, least_effective_alpha)) return 0;
  for (const MarginCount& margin : evidence.margins) {
    const double over = static_cast<double>(margin.over) * margin.effective_count / n;
    const double share = most_over_margin(q, margin.divisor);
    if (share >= most_share) continue;
    const double chance = probability_at_most(over, margin.effective_count, 1 - share);
    if (chance <= part_by_margin * alpha) return margin.divisor;
  }
  return 0;
}

double in_proportion(std::uint64_t over, std::uint64_t count, double effective) {
  return static_cast<double>(over) * effective / static_cast<double>(count);
}

double effective_over(const Evidence& evidence) {
  if (evidence.effective_over > 0) return evidence.effective_over;
  return in_proportion(evidence.over_limit, evidence.count, evidence.effective_count);
}

// Without what pauses of the generator may explain.
double undisturbed_effective_over(const Evidence& evidence) {
  if (!evidence.undisturbed_over) return effective_over(evidence);
  if (evidence.undisturbed_effective_over > 0) return evidence.undisturbed_effective_over;
  return in_proportion(*evidence.undisturbed_over, evidence.count,
                       evidence.undisturbed_effective_count);
}

double undisturbed_effective_count(const Evidence& evidence) {
  return evidence.undisturbed_over ? evidence.undisturbed_effective_count
                                   : evidence.effective_count;
}

void add_margins(std::vector<MarginCount>& all, const Evidence& run) {
  if (all.empty()) {
    all = run.margins;
    return;
  }
  for (MarginCount& margin : all) {
    for (const MarginCount& other : run.margins) {
      if (other.divisor != margin.divisor) continue;
      margin.over += other.over;
      margin.effective_count += other.effective_count;
    }
  }
}

}  // namespace

double least_to_pass(double q, double alpha) { return least_clean(q, part_by_count * alpha); }

double stalls_in_a_run(double q, double alpha) { return least_clean(q, alpha); }

double most_over_margin(double q, unsigned divisor) { return (1 - q) * std::sqrt(divisor); }

Evidence evidence_of(std::span<const Sample> samples, double q, std::chrono::nanoseconds limit,
                     std::span<const Sample> undisturbed) {
  Evidence evidence;
  if (samples.empty()) return evidence;
  const auto n = static_cast<double>(samples.size());
  const Sample threshold = to_sample(limit);
  evidence.count = samples.size();
  evidence.over_limit = count_over(samples, threshold);
  evidence.effective_at_limit = n / design_effect(samples, threshold);
  evidence.effective_in_bulk = n / design_effect(samples, quantile_of(samples, bulk_quantile));
  evidence.effective_count = std::min(evidence.effective_at_limit, evidence.effective_in_bulk);
  if (evidence.over_limit == 0) {
    for (const unsigned divisor : divisors) {
      if (most_over_margin(q, divisor) >= most_share) continue;
      evidence.margins.push_back(margin_count(samples, q, threshold, divisor));
    }
  }
  const std::uint64_t left =
      undisturbed.empty() ? evidence.over_limit : count_over(undisturbed, threshold);
  if (left == evidence.over_limit) return evidence;
  evidence.undisturbed_over = left;
  evidence.undisturbed_effective_count =
      std::min(n / design_effect(undisturbed, threshold), evidence.effective_in_bulk);
  return evidence;
}

Judgement judge(const Evidence& evidence, double q, double alpha) {
  Judgement judgement{evidence};
  if (evidence.count == 0 || evidence.effective_count <= 0) return judgement;
  judgement.margin = passing_margin(evidence, q, alpha);
  if (passes_by_count(evidence, q, alpha)) {
    judgement.margin = 0;
    judgement.verdict = Verdict::pass;
  } else if (judgement.margin > 0) {
    judgement.verdict = Verdict::pass;
  } else if (probability_at_least(effective_over(evidence), evidence.effective_count, q) <= alpha) {
    judgement.disturbed = probability_at_least(undisturbed_effective_over(evidence),
                                               undisturbed_effective_count(evidence), q) > alpha;
    judgement.verdict = judgement.disturbed ? Verdict::inconclusive : Verdict::fail;
  }
  return judgement;
}

CarriedJudgement judge_carried(const Evidence& evidence, double q, double count, double alpha) {
  const Judgement usual = judge(evidence, q, alpha);
  if (usual.verdict != Verdict::inconclusive || usual.disturbed) return {usual, q};
  for (const double lesser : lesser_quantiles) {
    if (lesser > q || count < least_clean(lesser, least_alpha)) continue;
    if (lesser == q) break;
    const Judgement carried = judge(evidence, lesser, alpha);
    if (carried.verdict == Verdict::pass) return {carried, lesser};
    break;
  }
  return {usual, q};
}

Evidence together(std::span<const Evidence> runs) {
  Evidence all;
  std::uint64_t undisturbed = 0;
  bool any_disturbed = false;
  for (const Evidence& run : runs) {
    if (run.count == 0) continue;
    const auto worth = [&](double known) { return known > 0 ? known : run.effective_count; };
    all.count += run.count;
    all.over_limit += run.over_limit;
    all.effective_count += run.effective_count;
    all.effective_at_limit += worth(run.effective_at_limit);
    all.effective_in_bulk += worth(run.effective_in_bulk);
    all.effective_over += effective_over(run);
    all.undisturbed_effective_count += undisturbed_effective_count(run);
    all.undisturbed_effective_over += undisturbed_effective_over(run);
    undisturbed += run.undisturbed_over.value_or(run.over_limit);
    any_disturbed |= run.undisturbed_over.has_value();
    add_margins(all.margins, run);
  }
  if (all.over_limit > 0) all.margins.clear();
  if (any_disturbed) all.undisturbed_over = undisturbed;
  return all;
}

}  // namespace yardmaster::reports
