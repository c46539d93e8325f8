// Turns samples into verdicts: of each target, and of a run. Pure functions, any thread.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/judgement.h"
#include "reports/report.h"
#include "reports/statistics.h"

namespace yardmaster::reports {

// The samples of one measurement in the order of their intended times. `service` and `intended` are
// empty when the measurement has no intended time: then the latency is the service time, and the
// generator had no part in it. Otherwise intended[i] is when sample i was due, in nanoseconds since
// the run's warm-up began. ended[i] is when sample i was over, of what has no intended time.
struct TargetSamples {
  std::span<const Sample> latency;
  std::span<const Sample> service;
  std::span<const Sample> intended = {};
  std::span<const Sample> ended = {};
  double fraction = 1;  // the part of the run's longest duration in which they were due
};

// Returns why a run does not show that the load is carried: a request that was due was not begun,
// or less than 99% of the offered rate was achieved. Then no target can pass. Nothing is known
// against a run that did not count what was due, or offers no rate.
std::optional<std::string> why_not_offered(const Run& run);

// Returns why a run says nothing about the disk that it was to run on: what was injected into each
// fsync is not what was found added to it, by more than 5% or 0.2 ms, whichever is more. No target
// can pass or fail then.
std::optional<std::string> why_another_disk(const Run& run);

// Inconclusive without samples, and where it fails only with samples that a pause of the generator,
// or a wait of the coordinator for a CPU that others used, overlaps between the time they were due
// and the answer. What never was answered is not explained so, and what the coordinator does in its
// own time by its waits alone.
TargetResult judge_target(const Target& target, const TargetSamples& samples,
                          const Validity& validity, double alpha);

// fail if any target fails or the audit is not clean, else inconclusive if any is or there is none.
Verdict verdict_of(const std::vector<TargetResult>& targets, const Audit& audit);

// Returns whether a run that was judged at a planned look may end there: a target failed, or all
// pass and none of them grows past its limit by the end of the longest duration.
bool may_end(const Run& judged, const std::map<std::string, TargetSamples>& samples,
             const Look& look);

// Fills the run's targets, reasons of invalidity and verdict from its load, rates, duration,
// validity, audit, checks, whether it was interrupted and what was injected, which must be there
// already, and the samples by measurement. What has no samples did not run: its targets are left
// out unless they were asked for by name. What ran and gave none has empty ones. A run that was
// interrupted cannot pass.
void judge_run(Run& run, std::span<const Target> targets,
               const std::map<std::string, TargetSamples>& samples, double alpha);

}  // namespace yardmaster::reports
