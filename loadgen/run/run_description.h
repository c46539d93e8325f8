// Says in a report what a run is, and while it goes on, what it has found so far. Any thread.
#pragma once

#include "loadgen/measure/measured_run.h"
#include "loadgen/plan/load_plan.h"
#include "loadgen/run/run_monitor.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

// Fills in the load, and what it runs against.
void describe_plan(const LoadPlan& plan, const DaemonFacts& daemon, reports::Run& run);

// Returns what was measured until now. It is not judged: a look at any moment would be one too
// many. On the monitor's thread.
reports::Run run_so_far(const LoadPlan& plan, const MeasuredRun& load, const RunMonitor& monitor);

}  // namespace yardmaster::loadgen
