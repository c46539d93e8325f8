// Sees to it that a stop ends: each of its steps has a deadline, past which the process ends at
// once. Nothing that was acknowledged is lost by that, as by a kill.
//
// step() is called on the broker thread; the watching has a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "coordinator/base/clock.h"

namespace yardmaster {

class StopDeadline {
 public:
  // `complain` is called before the end, with what took too long.
  explicit StopDeadline(std::function<void(const std::string& what)> complain)
      : complain_(std::move(complain)) {}
  // The stop is over.
  ~StopDeadline();
  StopDeadline(const StopDeadline&) = delete;
  StopDeadline& operator=(const StopDeadline&) = delete;

  // The next step begins, and with it the time that it may take.
  void step(const std::string& name, std::chrono::milliseconds limit);

 private:
  void watch(const std::stop_token& over);

  std::function<void(const std::string&)> complain_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string step_;
  SteadyTime deadline_{};
  std::optional<std::jthread> watcher_;
};

}  // namespace yardmaster
