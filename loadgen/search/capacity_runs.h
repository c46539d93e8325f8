// A search for the capacity, carried out: each step is a whole run with a coordinator of its own on
// fresh state, its audit and its self-check, and ends at the first planned look that decides. Main
// thread.
#pragma once

#include "loadgen/plan/options.h"
#include "loadgen/run/progress.h"
#include "loadgen/search/search_plan.h"
#include "reports/capacity_map.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

struct SearchOutcome {
  reports::CapacityCell cell;
  reports::Environment machine;
};

// Prints a line for each step. The report in options.report has all runs. A step that cannot be
// carried out does not hold if a lesser load held before. Forks: call before any thread starts.
// Throws Error, and Abandoned when it is interrupted before the first step is over.
SearchOutcome carry_out_search(const SearchPlan& plan, const Options& options, Progress& progress);

// Writes text for people to where --json leaves standard output to itself.
void print_for_people(const Options& options, Progress& progress, const std::string& text);

// "sqlite, process durability, 5ms added to each fsync"
std::string conditions_of(const LoadPlan& load);
std::string durability_name(const LoadPlan& load);

}  // namespace yardmaster::loadgen
