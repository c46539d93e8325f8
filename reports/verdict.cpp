#include "reports/verdict.h"

#include <algorithm>
#include <cmath>

#include "coordinator/base/duration.h"
#include "reports/figure_text.h"

namespace yardmaster::reports {
namespace {

std::string counted(const Judgement& judgement, const Target& target) {
  std::string text = grouped(judgement.over_limit) + " of " + grouped(judgement.count) + " over " +
                     format_duration(target.limit);
  const auto effective = static_cast<std::uint64_t>(judgement.effective_count);
  if (effective < judgement.count) text += ", worth " + grouped(effective) + " independent ones";
  return text;
}

// Returns how many independent samples, none of them over the limit, it takes to pass.
double least_to_pass(double quantile, double alpha) {
  return std::ceil(std::log(alpha) / std::log(quantile));
}

std::string undecided(const Judgement& judgement, const Target& target, double alpha) {
  const double least = least_to_pass(target.quantile, alpha);
  if (judgement.effective_count < least) {
    return "too few: " + counted(judgement, target) + ", and it takes " +
           grouped(static_cast<std::uint64_t>(least));
  }
  return "too close to tell: " + counted(judgement, target);
}

std::string reason_of(const Judgement& judgement, const Target& target, double alpha) {
  if (judgement.verdict == Verdict::inconclusive) return undecided(judgement, target, alpha);
  return counted(judgement, target);
}

TargetResult result_of(const Target& target, const Judgement& judgement) {
  TargetResult result;
  result.target = target;
  result.count = judgement.count;
  result.over_limit = judgement.over_limit;
  result.effective_count = judgement.effective_count;
  result.verdict = judgement.verdict;
  return result;
}

// Only a failure of the service time stands, which the generator's own delays cannot cause.
void invalidate(TargetResult& result, std::span<const Sample> service, const std::string& why,
                double alpha) {
  const Target& target = result.target;
  const Judgement judgement = judge(service, target.quantile, target.limit, alpha);
  const bool fails = judgement.verdict == Verdict::fail;
  result.verdict = fails ? Verdict::fail : Verdict::inconclusive;
  result.reason = why;
  if (fails) result.reason += ", but the service time alone fails: " + counted(judgement, target);
}

// A failure on a disk that nobody asked about says as little as a pass.
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

std::optional<std::string> why_invalid(const Validity& validity, const Target& target) {
  const double most = to_milliseconds(target.limit) / 10;
  const auto over = [&](const char* what, double p99_ms) {
    return std::string(what) + " P99 of " + milliseconds(p99_ms) + " ms is over a tenth of the " +
           format_duration(target.limit) + " for " + target_name(target);
  };
  if (validity.schedule_lag_ms.p99 > most)
    return over("schedule lag", validity.schedule_lag_ms.p99);
  if (validity.hiccup_ms.p99 > most) return over("hiccup", validity.hiccup_ms.p99);
  return std::nullopt;
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
  const Judgement judgement = judge(samples.latency, target.quantile, target.limit, alpha);
  TargetResult result = result_of(target, judgement);
  if (const auto why = why_invalid(validity, target)) {
    invalidate(result, samples.service.empty() ? samples.latency : samples.service, *why, alpha);
  } else {
    result.reason = reason_of(judgement, target, alpha);
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

bool decides_everything(const std::vector<TargetResult>& targets) {
  return !targets.empty() && std::none_of(targets.begin(), targets.end(), [](const auto& target) {
    return target.verdict == Verdict::inconclusive;
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
    TargetResult result = judge_target(target, measured, run.validity, alpha);
    if (auto why = why_invalid(run.validity, target)) run.validity.reasons.push_back(*why);
    run.targets.push_back(std::move(result));
  }
  if (const auto why = why_another_disk(run)) withhold_verdicts(run, *why);
  run.verdict = verdict_of(run.targets, run.audit);
  if (!run.checks.empty()) run.verdict = with_checks(run);
  if (run.interrupted) run.verdict = worst(run.verdict, Verdict::inconclusive);
}

}  // namespace yardmaster::reports
