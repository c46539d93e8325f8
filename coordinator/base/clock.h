// Time as a parameter: whoever decides by the clock gets one in its constructor, so that a test can
// turn it by hand. Measuring code that only takes differences uses steady_clock directly.
#pragma once

#include <chrono>

#include <time.h>

namespace yardmaster {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// Converts a time into the form that clock_nanosleep() and its like take, with CLOCK_MONOTONIC.
inline timespec to_timespec(SteadyTime time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  return {.tv_sec = seconds.count(), .tv_nsec = (since - seconds).count()};
}

class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime now() const = 0;
  virtual WallTime wall_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  WallTime wall_now() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
};

// A clock that stands still until it is told; not thread-safe.
class ManualClock final : public Clock {
 public:
  SteadyTime now() const override { return SteadyTime{} + elapsed_; }
  WallTime wall_now() const override {
    return WallTime{} + std::chrono::duration_cast<std::chrono::microseconds>(elapsed_);
  }
  void advance(std::chrono::nanoseconds by) { elapsed_ += by; }

 private:
  std::chrono::nanoseconds elapsed_{std::chrono::hours(1)};
};

}  // namespace yardmaster
