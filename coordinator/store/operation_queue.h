// Operations on their way from the broker thread to the store thread or the reader thread, which
// sleeps while there are none. Any thread; a short lock, and nothing is executed under it.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "coordinator/base/clock.h"
#include "coordinator/store/group_commit.h"

namespace yardmaster {

using Operations = std::vector<std::unique_ptr<Operation>>;

class OperationQueue {
 public:
  void push(Operations& operations) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) {
        waiting_.swap(operations);
      } else {
        std::move(operations.begin(), operations.end(), std::back_inserter(waiting_));
      }
    }
    operations.clear();
    changed_.notify_one();
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_one();
  }

  // Waits until there is something, the queue is closed or the time has come.
  void wait(std::optional<SteadyTime> until) {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return !waiting_.empty() || closed_; };
    if (until) {
      changed_.wait_until(lock, *until, ready);
    } else {
      changed_.wait(lock, ready);
    }
  }

  // Lets more come in until the given time, unless most of what waits says that nothing more will.
  void let_grow(SteadyTime until) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [this] { return closed_ || is_closed_loop(); });
  }

  // Appends up to `most` operations to `into`.
  void pop(Operations& into, std::size_t most) {
    const std::lock_guard lock(mutex_);
    if (into.empty() && waiting_.size() <= most) {
      into.swap(waiting_);
      return;
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, waiting_.size()));
    std::move(waiting_.begin(), waiting_.begin() + count, std::back_inserter(into));
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  }

  bool is_empty() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty();
  }

  bool is_finished() const {
    const std::lock_guard lock(mutex_);
    return closed_ && waiting_.empty();
  }

 private:
  bool is_closed_loop() const {
    const auto count = std::count_if(waiting_.begin(), waiting_.end(),
                                     [](const auto& operation) { return operation->closed_loop; });
    return 2 * static_cast<std::size_t>(count) > waiting_.size();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Operations waiting_;
  bool closed_ = false;
};

}  // namespace yardmaster
