// Starts the daemon in a process and session of its own.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "coordinator/base/paths.h"

namespace yardmaster::cli {

// Runs this program again with the arguments and returns its pid when its socket answers. Throws
// what it said when it ends before that, or timed_out.
pid_t launch_daemon(const Paths& paths, const std::vector<std::string>& arguments);

}  // namespace yardmaster::cli
