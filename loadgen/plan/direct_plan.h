// These functions fit a plan to the direct topology: each instance is a process with a connection
// of its own to the database, so there are writes and checkpoints and nothing else. Any thread.
#pragma once

#include "loadgen/plan/load_plan.h"

namespace yardmaster::loadgen {

// Each instance is a process.
inline constexpr std::uint64_t most_direct_instances = 1000;

// Fills in what a plan leaves open and leaves out what its topology does not have. Throws
// Error{usage} for what contradicts the topology.
void fit_to_topology(LoadPlan& plan);

}  // namespace yardmaster::loadgen
