// The exclusive right to a state directory: a lock on daemon.lock that the system gives back when
// the process ends, however it ends. Any thread.
#pragma once

#include <filesystem>
#include <optional>

#include <sys/types.h>

#include "coordinator/base/unique_fd.h"

namespace yardmaster {

class DaemonLock {
 public:
  // Waits a moment for what a killed daemon was about to start. Throws Error{conflict} that says
  // which process holds it, Error{usage} when the file cannot be opened.
  explicit DaemonLock(const std::filesystem::path& file);

 private:
  UniqueFd file_;
};

// The process that holds the lock now, if one does.
std::optional<pid_t> lock_holder(const std::filesystem::path& file);

}  // namespace yardmaster
