// Turns samples into verdicts: of each target, and of a run. Pure functions, any thread.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/report.h"
#include "reports/statistics.h"

namespace yardmaster::reports {

// The samples of one measurement in the order of their intended times. `service` and `intended` are
// empty when the measurement has no intended time: then the latency is the service time, and the
// generator had no part in it. Otherwise intended[i] is when sample i was due, in nanoseconds since
// the run's warm-up began.
struct TargetSamples {
  std::span<const Sample> latency;
  std::span<const Sample> service;
  std::span<const Sample> intended = {};
};

// Returns why a target with this limit cannot pass: the schedule lag's or the hiccups' P99 is over
// a tenth of it.
std::optional<std::string> why_invalid(const Validity& validity, const Target& target);

// Returns why a run says nothing about the disk that it was to run on: what was injected into each
// fsync is not what was found added to it, by more than 5% or 0.2 ms, whichever is more. No target
// can pass or fail then.
std::optional<std::string> why_another_disk(const Run& run);

// Inconclusive without samples. A target that cannot pass still fails if its service time alone
// fails; otherwise it is inconclusive.
TargetResult judge_target(const Target& target, const TargetSamples& samples,
                          const Validity& validity, double alpha);

// fail if any target fails or the audit is not clean, else inconclusive if any is or there is none.
Verdict verdict_of(const std::vector<TargetResult>& targets, const Audit& audit);

// Returns whether a planned look decides everything, so that the run may end.
bool decides_everything(const std::vector<TargetResult>& targets);

// Fills the run's targets, reasons of invalidity and verdict from its validity, audit, checks,
// whether it was interrupted and what was injected, which must be there already, and the samples by
// measurement. What has no samples did not run: its targets are left out unless they were asked for
// by name. What ran and gave none has empty ones. A run that was interrupted cannot pass.
void judge_run(Run& run, std::span<const Target> targets,
               const std::map<std::string, TargetSamples>& samples, double alpha);

}  // namespace yardmaster::reports
