// These functions fit a plan to real instances: rates that git and processes can follow, and a
// refusal of what they do not go with. Any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "loadgen/plan/load_plan.h"

namespace yardmaster::loadgen {

// Each instance is an agent's process in a window and a worktree of its own.
inline constexpr std::uint64_t most_real_instances = 200;
// The private coordinator is configured with this time between SIGTERM and SIGKILL.
inline constexpr std::chrono::milliseconds real_kill_grace{500};
// The part of a core that a coordinator of idle instances may take.
inline constexpr double most_idle_cpu_share = 0.01;

// Fills in what a plan leaves open and leaves out what does not go with its resources. After
// fit_to_topology(). Throws Error{usage} for what contradicts them.
void fit_to_resources(LoadPlan& plan);

// The measurements of instances that come and go, for the plan.
std::vector<std::string> turnover_measurements(const LoadPlan& plan);

}  // namespace yardmaster::loadgen
