// Starts a program for ProcessRunner, with what it is to read and pipes for what it says. Any
// thread, which stands still until exec (coordinator/base/child_start.h).
#pragma once

#include <optional>

#include <sys/types.h>

#include "coordinator/base/unique_fd.h"
#include "coordinator/instances/processes/process_runner.h"

namespace yardmaster {

struct StartedProgram {
  pid_t pid = -1;  // also its session's and its process group's
  UniqueFd pidfd;
  UniqueFd output;  // non-blocking
  UniqueFd errors;  // non-blocking
};

// The program inherits nothing but standard input, output and error, and `lock` (above 3, or -1:
// none) as descriptor 3. It gets SIGTERM when the calling thread, not only the process, ends.
// `file_mask`: its umask, when it is not to be this process's.
StartedProgram start_program(const ProgramCall& call, int lock,
                             std::optional<mode_t> file_mask = std::nullopt);

}  // namespace yardmaster
