// The terminal and the Markdown writer share these texts about a run. Pure, any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reports/report.h"
#include "reports/text_table.h"

namespace yardmaster::reports {

// Milliseconds from the intended times; the service time's P99; the 95% interval of the P99.
TextTable measurement_table(const Run& run);
// `show` renders a verdict; the reasons are in reasons_of().
TextTable target_table(const Run& run, const std::function<std::string(Verdict)>& show);

std::string title_of(const Run& run);           // "baseline: 25 instances, every 250 ms, staggered"
std::string conditions_of(const Run& run);      // the store and how it was used
std::string injected_fsync_of(const Run& run);  // "5ms"; empty when nothing was injected
std::string delayed_fsync_of(const Run& run);   // syncs as found; empty for the same
std::string rate_of(const Run& run);
std::string self_check_of(const Run& run);
std::string littles_law_of(const Run& run);        // empty where it is not known
std::string checkpoint_frames_of(const Run& run);  // empty without checkpoints
std::string audit_of(const Run& run);
std::string server_statistics_of(const Run& run);  // empty without a database server
std::string errors_of(const Run& run);             // empty without errors
std::string contention_of(const Run& run);         // empty where writers do not meet
std::string real_instances_of(const Run& run);     // empty with simulated ones
std::string resources_of(const Run& run);
std::string missing_runs_of(const Report& report);  // empty without any
std::string machine_of(const Environment& environment);
std::string software_of(const Environment& environment);

// Returns one line for each check: "processes spawned: 0, limit 0: pass".
std::vector<std::string> checks_of(const Run& run);
// Returns one line for each target that does not pass, for what was left of instances, and for
// their work that was lost.
std::vector<std::string> reasons_of(const Run& run);
// Lists what the passes rest on: the stalls that the run vouches for, and the assumption of those
// that pass by margin.
std::vector<std::string> grounds_of(const Run& run);

}  // namespace yardmaster::reports
