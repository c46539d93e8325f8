#include "reports/verdict.h"

#include <algorithm>
#include <cmath>

#include "coordinator/base/duration.h"
#include "reports/figure_text.h"
#include "reports/growth.h"

namespace yardmaster::reports {
namespace {

constexpr double least_achieved = 0.99;

// "21 of 24,000 over 30ms, which count as 1.0 of 1,144 independent ones": never one figure of each.
std::string counted(const Evidence& evidence, const Target& target) {
  std::string text = grouped(evidence.over_limit) + " of " + grouped(evidence.count) + " over " +
                     format_duration(target.limit);
  const auto effective = static_cast<std::uint64_t>(evidence.effective_count);
  if (effective >= evidence.count) return text;
  const double over = static_cast<double>(evidence.over_limit) * evidence.effective_count /
                      static_cast<double>(evidence.count);
  return text + ", which count as " + (evidence.over_limit == 0 ? "0" : decimals(over, 1)) +
         " of " + grouped(effective) + " independent ones";
}

std::string undecided(const Evidence& evidence, const Target& target, double alpha) {
  const double least = least_to_pass(target.quantile, alpha);
  if (evidence.effective_count < least) {
    return "too few: " + counted(evidence, target) + ", and it takes " +
           grouped(static_cast<std::uint64_t>(least));
  }
  return "too close to tell: " + counted(evidence, target);
}

std::string share_in_percent(double share) {
  std::string text = decimals(share * 100, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text + "%";
}

// Says by which margin a target passes, with the assumption that this rests on.
std::string by_margin(const Judgement& judgement, const Target& target) {
  std::string text = counted(judgement, target);
  for (const MarginCount& margin : judgement.margins) {
    if (margin.divisor != judgement.margin) continue;
    text += "; by margin: " + grouped(margin.over) + " over " +
            format_duration(target.limit / margin.divisor) + ", of which " +
            share_in_percent(most_over_margin(target.quantile, margin.divisor)) +
            " are allowed if no tail between the two is heavier than Pareto 0.5";
  }
  return text;
}

// "12 times, for 0.31 s in all"
std::string times_of(const std::vector<Pause>& pauses) {
  double total_s = 0;
  for (const Pause& pause : pauses) total_s += pause.end_s - pause.begin_s;
  return grouped(pauses.size()) + (pauses.size() == 1 ? " time, for " : " times, for ") +
         decimals(total_s, 2) + " s in all";
}

std::string disturbed(const Judgement& judgement, const Target& target, const Validity& validity) {
  std::vector<std::string> what;
  if (!validity.pauses.empty()) what.push_back("the generator paused " + times_of(validity.pauses));
  if (!validity.coordinator_waits.empty()) {
    what.push_back("the coordinator waited for a CPU that others used " +
                   times_of(validity.coordinator_waits));
  }
  const char* const who = validity.coordinator_waits.empty() ? "the generator" : "the machine";
  return std::string(who) + " was disturbed: " + counted(judgement, target) + ", of which " +
         grouped(judgement.over_limit - *judgement.undisturbed_over) +
         " were due or under way while " + joined(what, " or ") + "; without them it does not fail";
}

std::string reason_of(const Judgement& judgement, const Target& target, const Validity& validity,
                      double alpha) {
  if (judgement.disturbed) return disturbed(judgement, target, validity);
  if (judgement.verdict == Verdict::inconclusive) return undecided(judgement, target, alpha);
  return judgement.margin > 0 ? by_margin(judgement, target) : counted(judgement, target);
}

// Whether one of the pauses, which are in order, overlaps the time.
bool overlaps(const std::vector<Pause>& pauses, double begin_s, double end_s) {
  const auto pause = std::partition_point(
      pauses.begin(), pauses.end(), [=](const Pause& before) { return before.end_s < begin_s; });
  return pause != pauses.end() && pause->begin_s <= end_s;
}

// Returns the samples with those at 0 that a disturbance may explain; nothing if there are none.
std::vector<Sample> without_disturbances(const TargetSamples& samples, const Validity& validity) {
  std::vector<Sample> left;
  const bool is_own_time = samples.intended.empty();
  const auto moments = is_own_time ? samples.ended : samples.intended;
  const std::size_t count = std::min(moments.size(), samples.latency.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::isfinite(samples.latency[i])) continue;
    const double length_s = static_cast<double>(samples.latency[i]) / 1e9;
    const double moment_s = static_cast<double>(moments[i]) / 1e9;
    const double begin_s = is_own_time ? moment_s - length_s : moment_s;
    const bool is_disturbed =
        (!is_own_time && overlaps(validity.pauses, begin_s, begin_s + length_s)) ||
        overlaps(validity.coordinator_waits, begin_s, begin_s + length_s);
    if (!is_disturbed) continue;
    if (left.empty()) left.assign(samples.latency.begin(), samples.latency.end());
    left[i] = 0;
  }
  return left;
}

// A load that was not offered proves nothing by being carried.
void withhold_passes(Run& run, const std::string& why) {
  run.validity.reasons.push_back(why);
  for (TargetResult& result : run.targets) {
    if (result.verdict != Verdict::pass) continue;
    result.verdict = Verdict::inconclusive;
    result.reason = why;
  }
}

// Adds to each pass how long stalls must be for the run to have seen them.
void say_what_it_vouches_for(Run& run, double alpha) {
  for (TargetResult& result : run.targets) {
    if (result.verdict != Verdict::pass || run.duration_s <= 0) continue;
    result.vouches_for_s = run.duration_s / stalls_in_a_run(judged_quantile_of(result), alpha);
    result.reason += "; vouches for stalls of up to " + decimals(result.vouches_for_s, 2) +
                     " s: longer and rarer ones need a longer run";
  }
}

// On a disk that nobody asked about, a failure says as little as a pass.
void withhold_verdicts(Run& run, const std::string& why) {
  run.validity.reasons.push_back(why);
  for (TargetResult& result : run.targets) {
    result.verdict = Verdict::inconclusive;
    result.reason = why;
  }
}

// Checks are measured without a doubt: one decides as much as a target does.
Verdict with_checks(const Run& run) {
  const bool all_hold = std::all_of(run.checks.begin(), run.checks.end(),
                                    [](const Check& check) { return check.holds(); });
  if (!all_hold) return Verdict::fail;
  const bool nothing_else = run.targets.empty() && run.audit.clean();
  return nothing_else ? Verdict::pass : run.verdict;
}

}  // namespace

std::optional<std::string> why_not_offered(const Run& run) {
  const Validity& validity = run.validity;
  if (validity.begun < validity.due) {
    return "the load was not offered: " + grouped(validity.due - validity.begun) + " of " +
           grouped(validity.due) + " requests that were due were not begun";
  }
  const double offered = run.offered_per_s * run.duration_s;
  if (offered <= 0) return std::nullopt;
  // What falls to either end of the time, and what chance makes of random gaps.
  const double at_the_ends = run.arrivals == "aligned" ? static_cast<double>(run.instances) : 1;
  const double chance = run.arrivals == "poisson" ? 3 * std::sqrt(offered) : 0;
  const double least = least_achieved * offered - at_the_ends - chance;
  if (run.achieved_per_s * run.duration_s >= least) return std::nullopt;
  return "the load was not offered: " + decimals(run.achieved_per_s, 1) + " of " +
         decimals(run.offered_per_s, 1) + " writes per second were achieved, and it takes 99%";
}

std::optional<std::string> why_another_disk(const Run& run) {
  if (run.fsync_injected_ms <= 0) return std::nullopt;
  const DelayedFsync found = run.delayed_fsync.value_or(DelayedFsync{});
  const double margin = std::max(0.05 * run.fsync_injected_ms, 0.2);
  const bool is_as_injected = found.added_low_ms <= run.fsync_injected_ms + margin &&
                              found.added_high_ms >= run.fsync_injected_ms - margin;
  if (is_as_injected) return std::nullopt;
  return "an fsync of the store takes " + milliseconds(std::max(found.added_ms, 0.0)) +
         " ms longer, not the " + milliseconds(run.fsync_injected_ms) + " ms that were asked for";
}

TargetResult judge_target(const Target& target, const TargetSamples& samples,
                          const Validity& validity, double alpha) {
  if (samples.latency.empty()) {
    TargetResult result;
    result.target = target;
    result.reason = "no samples";
    return result;
  }
  const std::vector<Sample> undisturbed = without_disturbances(samples, validity);
  const Evidence evidence =
      evidence_of(samples.latency, target.quantile, target.limit, undisturbed);
  const bool is_own_time = samples.service.empty();
  const double in_the_end = static_cast<double>(evidence.count) / samples.fraction;
  const CarriedJudgement found =
      is_own_time ? judge_carried(evidence, target.quantile, in_the_end, alpha)
                  : CarriedJudgement{judge(evidence, target.quantile, alpha), target.quantile};
  TargetResult result;
  static_cast<Judgement&>(result) = found.judgement;
  result.target = target;
  Target judged = target;
  judged.quantile = found.quantile;
  result.reason = reason_of(found.judgement, judged, validity, alpha);
  if (found.quantile < target.quantile) {
    result.judged_quantile = found.quantile;
    result.reason += "; so few carry no more than a " + quantile_name(found.quantile);
  }
  return result;
}

Verdict verdict_of(const std::vector<TargetResult>& targets, const Audit& audit) {
  if (!audit.clean()) return Verdict::fail;
  if (targets.empty()) return Verdict::inconclusive;
  Verdict verdict = Verdict::pass;
  for (const TargetResult& target : targets) verdict = worst(verdict, target.verdict);
  return verdict;
}

bool may_end(const Run& judged, const std::map<std::string, TargetSamples>& samples,
             const Look& look) {
  if (judged.targets.empty()) return false;
  bool all_pass = true;
  for (const TargetResult& result : judged.targets) {
    if (result.verdict == Verdict::fail) return true;
    all_pass &= result.verdict == Verdict::pass;
  }
  return all_pass && std::none_of(judged.targets.begin(), judged.targets.end(),
                                  [&](const TargetResult& result) {
                                    const Target& target = result.target;
                                    return grows_past(samples.at(target.measurement).latency,
                                                      target.quantile, target.limit, look.fraction);
                                  });
}

void judge_run(Run& run, std::span<const Target> targets,
               const std::map<std::string, TargetSamples>& samples, double alpha) {
  run.targets.clear();
  run.validity.reasons.clear();
  for (const Target& target : targets) {
    const auto found = samples.find(target.measurement);
    const bool ran = found != samples.end();
    if (!ran && !target.by_name) continue;
    const TargetSamples measured = ran ? found->second : TargetSamples{};
    run.targets.push_back(judge_target(target, measured, run.validity, alpha));
    if (run.targets.back().disturbed) run.validity.reasons.push_back(run.targets.back().reason);
  }
  if (const auto why = why_not_offered(run)) withhold_passes(run, *why);
  if (const auto why = why_another_disk(run)) withhold_verdicts(run, *why);
  say_what_it_vouches_for(run, alpha);
  run.verdict = verdict_of(run.targets, run.audit);
  if (!run.checks.empty()) run.verdict = with_checks(run);
  if (run.interrupted) run.verdict = worst(run.verdict, Verdict::inconclusive);
}

}  // namespace yardmaster::reports
