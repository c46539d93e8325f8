// A command carries out `loadgen` or one of its verbs, from options to exit status. Main thread.
// Throws Error and Abandoned.
#pragma once

#include <string>

#include "loadgen/measure/measured_run.h"
#include "loadgen/plan/options.h"

namespace yardmaster::loadgen {

inline constexpr int exit_pass = 0;
inline constexpr int exit_could_not_run = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_inconclusive = 3;
inline constexpr int exit_failed = 99;

// Runs the scenario and puts out the report.
reports::Report carry_out(const Options& options);

int run_scenario(const Options& options);
// Compares two reports, or two sets of them, which it may measure itself.
int compare_reports(const Options& options);
// Writes reports and searches as one page.
int show_reports(const Options& options);
// Says since when the reports under a directory, in the order of their paths, show a change.
int print_history(const Options& options);
// Holds what is reported against what was planted into a stub coordinator.
int run_selftest(const Options& options);
// Measures both stores and holds the outcome against the record, or makes a new one.
int decide_store(const Options& options);
// Finds the most instances that hold.
int search_capacity(const Options& options);
// Searches on all stores, durabilities and disks, or goes on with that.
int measure_map(const Options& options);

// YYYY-MM-DD, UTC.
std::string today();

}  // namespace yardmaster::loadgen
