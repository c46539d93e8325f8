// What the supervisors of a repository are told when an instance of it ends. Pure functions, any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "coordinator/domain/instance.h"

namespace yardmaster {

// The reason of an instance that has ended because it said that its task was done.
inline constexpr std::string_view completed = "completed";

// "killed by SIGKILL", "process died (exit 1)": the reason, and the status where that says more.
std::string end_text(const Instance& ended);

// `ended` is as its tombstone has it. Long tasks and summaries are shortened, so that the notice
// fits into a frame; they are whole in the tombstone.
std::string end_notice(const Instance& ended);

std::string give_up_notice(std::string_view name, std::string_view why);

}  // namespace yardmaster
