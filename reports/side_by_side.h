// Runs on several stores as one table: what an interleaved series was made for. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "reports/decision.h"
#include "reports/report.h"
#include "reports/text_table.h"

namespace yardmaster::reports {

// Returns whether there are runs on more than one store.
bool compares_stores(const std::vector<Run>& runs);

// The table has, for each load and measurement, the median of the runs' figures, and the ratio of
// the stores.
TextTable side_by_side_table(const std::vector<Run>& runs);
// Returns what was the same for all of them: the number of pairs, the durability.
std::string side_by_side_title(const std::vector<Run>& runs);

// Targets that were judged by several runs together.
TextTable figure_table(const std::vector<Figure>& figures);
// "decision: sqlite, as on record: …"
std::string decision_line(const DecisionSummary& summary);

}  // namespace yardmaster::reports
