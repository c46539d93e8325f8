// The self-check tells how far loadgen can trust its own clock: a thread should wake every
// millisecond and records how late it does, and what the host took away of the CPUs meanwhile.
#pragma once

#include <atomic>
#include <thread>

#include "coordinator/base/clock.h"
#include "loadgen/measure/cpu_waits.h"
#include "loadgen/measure/pause_log.h"
#include "metrics/histogram.h"

namespace yardmaster::loadgen {

// The clock's moments are a millisecond apart and fixed from the start on: who comes late was late
// for each of those that passed meanwhile, so that a pause of 500 ms counts 500 times and not once.
class HiccupClock {
 public:
  static constexpr std::chrono::milliseconds step{1};

  explicit HiccupClock(SteadyTime start) : next_(start + step) {}
  SteadyTime next() const { return next_; }
  void wake(SteadyTime now, metrics::Histogram& hiccups) {
    for (; next_ <= now; next_ += step) hiccups.record(now - next_);
  }

 private:
  SteadyTime next_;
};

class SelfCheck {
 public:
  // Starts at once; stops in the destructor. Notes what it waited through in `pauses`, and has
  // `waits`, if there are any, look at the coordinator.
  explicit SelfCheck(PauseLog& pauses, CpuWaits* waits = nullptr);
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

  PauseLog& pauses_;
  CpuWaits* waits_;
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
