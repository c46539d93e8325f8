// Waiting with an end: every wait of a test is for an event and carries a deadline, which is wide
// since it only tells a hang from a slow machine.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace yardmaster::support {

#ifdef YARDMASTER_SANITIZED
inline constexpr std::chrono::seconds timeout{60};
#else
inline constexpr std::chrono::seconds timeout{20};
#endif

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds from_now = timeout)
      : end_(std::chrono::steady_clock::now() + from_now) {}

  bool passed() const { return std::chrono::steady_clock::now() >= end_; }
  // Milliseconds left, for poll(); 0 once passed.
  int poll_timeout() const;

 private:
  std::chrono::steady_clock::time_point end_;
};

// Looks at a condition that nothing announces until it holds; false once the deadline has passed.
[[nodiscard]] bool eventually(const std::function<bool()>& condition,
                              Deadline deadline = Deadline());

// Lets time pass that is part of what is tested, such as how long a process is stopped. Not for
// waiting: what is waited for is named with eventually().
void let_pass(std::chrono::milliseconds time);

}  // namespace yardmaster::support
