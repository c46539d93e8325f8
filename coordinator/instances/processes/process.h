// Processes named beyond doubt: pid, start time and boot. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "coordinator/base/unique_fd.h"
#include "coordinator/domain/instance.h"

namespace yardmaster {

// A running process, held by a pidfd: signals reach it or nobody, never another one that came to
// have its pid.
struct ProcessHandle {
  ProcessIdentity identity;
  UniqueFd pidfd;  // readable when it has ended
};

enum class ProcessState {
  running,
  ended,    // proven: no such process, another start time, another boot, or a zombie
  unknown,  // the probe failed
};

struct ProbeResult {
  ProcessState state = ProcessState::unknown;
  std::optional<ProcessHandle> handle;  // when it runs
};

// Names the process that has this pid now. Throws not_found when none runs, forbidden when it is
// another user's, unavailable when that cannot be told.
ProcessHandle open_process(std::int64_t pid);

// Sends the signal to that very process, and to none when it has ended.
void send_signal(const ProcessHandle& process, int signal);

// Returns whether that very process still runs.
ProbeResult probe_process(const ProcessIdentity& identity);

// The kernel's name for this boot of the machine; empty when it has none.
std::string read_boot_id();

}  // namespace yardmaster
