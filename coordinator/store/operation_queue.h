// Operations on their way from the broker thread to the store thread or the reader thread, which
// sleeps while there are none. Any thread; a short lock, and nothing is executed under it.
//
// Heavy ones, and what their callers ask for after them, wait aside: their callers take turns, and
// only so much of them is taken at a time, so that the others do not wait for all of it.
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
#include "coordinator/store/operation_turns.h"

namespace yardmaster {

using Operations = std::vector<std::unique_ptr<Operation>>;

class OperationQueue {
 public:
  // `some_heavy`: whether heavy ones may be among them.
  void push(Operations& operations, bool some_heavy = false) {
    {
      const std::lock_guard lock(mutex_);
      if (some_heavy || !heavy_.is_empty()) {
        for (auto& operation : operations) sort_in(std::move(operation));
      } else if (waiting_.empty()) {
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
    const auto ready = [this] { return !waiting_.empty() || !heavy_.is_empty() || closed_; };
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

  // Appends up to `most` operations to `into`, and heavy ones up to a share of their own.
  void pop(Operations& into, std::size_t most) {
    const std::lock_guard lock(mutex_);
    if (heavy_.is_empty()) return pop_waiting(into, most);
    // What came before a heavy one of the same caller goes before it.
    const bool all = waiting_.size() <= most || ++passed_over_ > most_passed_over;
    pop_waiting(into, all ? waiting_.size() : most);
    if (!all) return;
    passed_over_ = 0;
    std::size_t bytes = 0;
    while (!heavy_.is_empty() && bytes < heavy_bytes_at_once) {
      into.push_back(heavy_.take());
      bytes += into.back()->bytes() + least_bytes;
    }
  }

  bool is_empty() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty() && heavy_.is_empty();
  }

  bool is_finished() const {
    const std::lock_guard lock(mutex_);
    return closed_ && waiting_.empty() && heavy_.is_empty();
  }

 private:
  static constexpr std::size_t heavy_bytes_at_once = std::size_t{1} << 20U;
  static constexpr std::size_t least_bytes = 512;  // of the work for one
  static constexpr int most_passed_over = 8;

  void sort_in(std::unique_ptr<Operation> operation) {
    if (operation->is_heavy() || heavy_.has(operation->caller())) {
      heavy_.add(std::move(operation));
    } else {
      waiting_.push_back(std::move(operation));
    }
  }

  void pop_waiting(Operations& into, std::size_t most) {
    if (into.empty() && waiting_.size() <= most) {
      into.swap(waiting_);
      return;
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, waiting_.size()));
    std::move(waiting_.begin(), waiting_.begin() + count, std::back_inserter(into));
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  }

  bool is_closed_loop() const {
    const auto count = std::count_if(waiting_.begin(), waiting_.end(),
                                     [](const auto& operation) { return operation->closed_loop; });
    return 2 * static_cast<std::size_t>(count) > waiting_.size();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Operations waiting_;
  OperationTurns heavy_;
  int passed_over_ = 0;
  bool closed_ = false;
};

}  // namespace yardmaster
