// The self-check tells how far loadgen can trust its own clock: a thread sleeps 1 ms at a time and
// records how late it wakes, and what the host took away of the CPUs meanwhile.
#pragma once

#include <atomic>
#include <thread>

#include "metrics/histogram.h"

namespace yardmaster::loadgen {

class SelfCheck {
 public:
  // Starts at once; stops in the destructor.
  SelfCheck();
  ~SelfCheck();
  SelfCheck(const SelfCheck&) = delete;
  SelfCheck& operator=(const SelfCheck&) = delete;

  // Forgets what was recorded: the measured part begins. Any thread.
  void reset();
  const metrics::Histogram& hiccups() const { return hiccups_; }
  // Returns the CPU time stolen since the last reset().
  double stolen_cpu_s() const;

 private:
  void run();

  metrics::Histogram hiccups_;
  double stolen_before_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// CPU time of this process so far, and of another one; 0 when there is no such process.
double own_cpu_s();
double cpu_s_of(pid_t pid);
// Resident memory of a process; 0 when there is no such process.
std::uint64_t resident_bytes_of(pid_t pid);

// Lets timers of the calling thread fire when they are due instead of up to 50 µs later.
void use_exact_timers();

}  // namespace yardmaster::loadgen
