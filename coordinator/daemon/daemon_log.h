// The daemon's log file, rotated by size. Lines are queued and written by a thread of its own, so
// that a slow disk holds nobody up who logs; when thousands wait, the oldest are dropped. Any
// thread may log; the destructor writes what is queued.
#pragma once

#include <memory>

#include <spdlog/logger.h>

#include "coordinator/base/config.h"

namespace spdlog::details {
class thread_pool;  // NOLINT(readability-identifier-naming): the library's name
}

namespace yardmaster {

class DaemonLog {
 public:
  // Throws Error{usage} when the file cannot be written.
  explicit DaemonLog(const Config& config);
  ~DaemonLog();
  DaemonLog(const DaemonLog&) = delete;
  DaemonLog& operator=(const DaemonLog&) = delete;

  spdlog::logger* operator->() const { return logger_.get(); }
  // Any thread; waits until it is written, or gives up soon.
  void write_last(const std::string& text) const;
  const std::shared_ptr<spdlog::logger>& logger() const { return logger_; }

 private:
  std::shared_ptr<spdlog::logger> logger_;
  std::shared_ptr<spdlog::details::thread_pool> writer_;  // ends first, since it uses the logger
};

}  // namespace yardmaster
