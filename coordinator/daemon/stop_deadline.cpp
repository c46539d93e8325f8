#include "coordinator/daemon/stop_deadline.h"

#include <cstdlib>

namespace yardmaster {

StopDeadline::~StopDeadline() = default;

void StopDeadline::step(const std::string& name, std::chrono::milliseconds limit) {
  {
    const std::lock_guard lock(mutex_);
    step_ = name;
    deadline_ = std::chrono::steady_clock::now() + limit;
  }
  changed_.notify_all();
  if (!watcher_) watcher_.emplace([this](const std::stop_token& over) { watch(over); });
}

void StopDeadline::watch(const std::stop_token& over) {
  std::unique_lock lock(mutex_);
  while (!over.stop_requested()) {
    const SteadyTime deadline = deadline_;
    changed_.wait_until(lock, over, deadline, [&] { return deadline_ != deadline; });
    if (over.stop_requested() || std::chrono::steady_clock::now() < deadline_) continue;
    complain_("the stop waits too long for this: " + step_ + "; ends without it");
    std::_Exit(1);
  }
}

}  // namespace yardmaster
