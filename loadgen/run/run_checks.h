// The checks tell whether a run can be carried out as it was asked for: complaints come before the
// minutes of a run, not after. Main thread. Throws Error that says what to change.
#pragma once

#include "loadgen/plan/options.h"
#include "loadgen/plan/scenario.h"
#include "loadgen/run/progress.h"

namespace yardmaster::loadgen {

void check_options(const Options& options, const Scenario& scenario, Progress& progress);

}  // namespace yardmaster::loadgen
