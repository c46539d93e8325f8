// Writes the life of every instance into the daemon's log, a line for each turn, and passes what it
// hears on. Broker thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <spdlog/logger.h>

#include "coordinator/instances/resources/instance_observer.h"

namespace yardmaster {

class StoryLog final : public InstanceObserver {
 public:
  // `next` has to outlive this.
  StoryLog(std::shared_ptr<spdlog::logger> log, InstanceObserver& next)
      : log_(std::move(log)), next_(next) {}

  void on_started(const Instance& instance) override;
  void on_not_started(const Instance& instance, const std::string& why) override;
  void on_taken_up(const Instance& instance) override;
  void on_state(const Instance& instance) override;
  void on_gone(const Instance& instance, std::chrono::nanoseconds cleanup) override;
  void on_message(const Message& message) override { next_.on_message(message); }
  void on_handoff(const Handoff& handoff) override { next_.on_handoff(handoff); }

 private:
  std::shared_ptr<spdlog::logger> log_;
  InstanceObserver& next_;
};

}  // namespace yardmaster
