// Ctrl-C, SIGTERM and the end of the terminal as something to wait for instead of something that
// happens, and no end by a pipe that nobody reads, so that what was made is removed. Made on the
// main thread before there are others, so that all of them have the signals blocked.
#pragma once

#include <chrono>
#include <csignal>

namespace yardmaster::loadgen {

class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  // Waits so long, less when a signal comes. Returns how many came since the start.
  int wait(std::chrono::milliseconds timeout);
  int count() const { return count_; }

 private:
  sigset_t signals_{};
  sigset_t before_{};
  struct sigaction pipe_before_ {};
  int count_ = 0;
};

}  // namespace yardmaster::loadgen
