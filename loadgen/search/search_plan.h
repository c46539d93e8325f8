// A search plan says what a search for the capacity does at each load; it follows from the options.
// Main thread. Throws Error{usage} for what cannot be searched.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "loadgen/plan/load_plan.h"
#include "loadgen/plan/options.h"
#include "loadgen/run/progress.h"
#include "loadgen/search/capacity_search.h"
#include "reports/capacity_map.h"

namespace yardmaster::loadgen {

// A P99 takes 390 independent writes to pass at a planned look, and neighbours are so alike that up
// to 20 of them were seen to count as one: a step of the usual length makes so many writes, unless
// that takes too long.
inline constexpr double writes_of_step = 8'000;
inline constexpr std::chrono::seconds longest_default_step{120};

struct SearchPlan {
  LoadPlan load;  // its number of instances is the step's
  SearchRange range;
  bool default_length = true;  // nobody named the length of a step
  std::chrono::seconds longest_step = longest_default_step;

  // Lasts longer where there are so few instances that they could not show anything.
  LoadPlan step(std::uint64_t instances) const;
};

// Steps are as long as `default_step` unless the flags say otherwise, and end early by the planned
// looks. Without --workloads and --scenario only the writes run, and what the targets ask for.
SearchPlan plan_search(const Options& options, std::string_view default_step, Progress& progress);

// Returns what the search says of itself in a record.
reports::MapParameters parameters_of(const SearchPlan& plan, const Options& options);

// The most instances whose connections fit into a number of open files; 0 when none do.
std::uint64_t most_instances_within(const LoadPlan& load, std::uint64_t open_files);

}  // namespace yardmaster::loadgen
