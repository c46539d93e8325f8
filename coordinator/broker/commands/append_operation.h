// An append on its way through the store: the hot path's operation, without a coroutine. Its reply
// is written straight into the session's output. Made and completed on the broker thread.
#pragma once

#include <cstddef>
#include <memory>

#include "coordinator/broker/commands/append_frame.h"
#include "coordinator/broker/commands/request_counters.h"
#include "coordinator/broker/sessions/session.h"
#include "coordinator/store/group_commit.h"

namespace yardmaster {

class AppendOperation final : public Operation {
 public:
  // Counts as a request of the session's. Copies the frame's strings behind itself: one allocation
  // in all. `command` is its place in the counters.
  static std::unique_ptr<Operation> make(SessionPtr session, const AppendFrame& frame,
                                         RequestCounters& counters, std::size_t command);

  void execute(Store& store) override;
  void complete() noexcept override;

  static void* operator new(std::size_t size, std::size_t room) {
    return ::operator new(size + room);
  }
  // NOLINTBEGIN(misc-new-delete-overloads): these belong to the one with room
  static void operator delete(void* memory, std::size_t /*room*/) { ::operator delete(memory); }
  static void operator delete(void* memory) { ::operator delete(memory); }
  // NOLINTEND(misc-new-delete-overloads)

 private:
  AppendOperation(SessionPtr session, const AppendFrame& frame, RequestCounters& counters,
                  std::size_t command);

  void answer();
  void execute_each(Store& store, AppendRequest request);
  void write_result(std::string& out) const;

  SessionPtr session_;
  RequestCounters& counters_;
  std::size_t command_;
  RequestCost cost_;
  AppendFrame frame_;
  AppendResult result_;       // of the last entry
  std::uint64_t stored_ = 0;  // of several; the others had been before
};

}  // namespace yardmaster
