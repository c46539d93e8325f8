// Operations of several callers, who take turns: whoever asks for much waits for it, and not those
// beside him. Each caller's own stay in their order. Not thread-safe.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>

#include "coordinator/store/group_commit.h"

namespace yardmaster {

class OperationTurns {
 public:
  void add(std::unique_ptr<Operation> operation) {
    queue_of(operation->caller()).push_back(std::move(operation));
  }
  // One that was begun: it is the next when its caller has a turn again.
  void put_back(std::unique_ptr<Operation> operation) {
    queue_of(operation->caller()).push_front(std::move(operation));
  }

  bool is_empty() const { return turns_.empty(); }
  bool has(const void* caller) const { return waiting_.contains(caller); }

  // The next caller's next one; there has to be one.
  std::unique_ptr<Operation> take() {
    const void* const caller = turns_.front();
    turns_.pop_front();
    const auto found = waiting_.find(caller);
    std::unique_ptr<Operation> operation = std::move(found->second.front());
    found->second.pop_front();
    if (found->second.empty()) {
      waiting_.erase(found);
    } else {
      turns_.push_back(caller);
    }
    return operation;
  }

 private:
  std::deque<std::unique_ptr<Operation>>& queue_of(const void* caller) {
    const auto [place, is_new] = waiting_.try_emplace(caller);
    if (is_new) turns_.push_back(caller);
    return place->second;
  }

  std::unordered_map<const void*, std::deque<std::unique_ptr<Operation>>> waiting_;
  std::deque<const void*> turns_;  // each caller that waits, once
};

}  // namespace yardmaster
