// An observer is told what becomes of instances. Called on the broker thread. An end and the
// handoffs that it cancels are reported after the store has committed them, and so is a new
// instance; the states that an agent reports or that a probe finds (running, idle, unknown) are
// reported as soon as they are known, and the store may never hear of them.
#pragma once

#include <chrono>
#include <string>

#include "coordinator/domain/handoff.h"
#include "coordinator/domain/instance.h"
#include "coordinator/domain/message.h"

namespace yardmaster {

class InstanceObserver {
 public:
  virtual void on_started(const Instance& /*instance*/) {}
  virtual void on_not_started(const Instance& /*instance*/, const std::string& /*why*/) {}
  // From an earlier daemon.
  virtual void on_taken_up(const Instance& /*instance*/) {}
  virtual void on_state(const Instance& instance) = 0;
  // The last trace of it is gone. `cleanup` runs from its process's death, or from the request.
  virtual void on_gone(const Instance& instance, std::chrono::nanoseconds cleanup) = 0;
  // Somebody is told of an instance's end; committed with that.
  virtual void on_message(const Message& /*message*/) {}
  // A handoff from or to it was cancelled by its end.
  virtual void on_handoff(const Handoff& handoff) = 0;

 protected:
  ~InstanceObserver() = default;
};

}  // namespace yardmaster
