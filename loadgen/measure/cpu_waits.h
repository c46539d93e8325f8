// Times in which the coordinator had work to do and no CPU to do it on, while others than it and
// the generator used the CPUs: what it did late then is no fault of its own. A coordinator that
// waits for its own threads or for the load is not excused.
//
// The kernel counts for each thread how long it waited to run (/proc/PID/task/TID/schedstat). A
// wait of a millisecond or more counts if, over half a second around it, processes that are neither
// the generator nor the coordinator, nor descend from them, used a quarter of a CPU or more.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include <sys/types.h>

#include "coordinator/base/clock.h"
#include "coordinator/base/unique_fd.h"
#include "loadgen/measure/pause_log.h"

namespace yardmaster::loadgen {

// Waits that are not known yet to be the fault of others. Not thread-safe.
class WaitAccount {
 public:
  static constexpr double least_share = 0.25;  // of one CPU, used by others

  void add(SteadyTime begin, SteadyTime end) { open_.push_back({begin, end}); }
  // Counts what was added since the last time if others used so many CPUs meanwhile; forgets it
  // otherwise.
  void settle(double others_share, PauseLog& counted);
  void clear() { open_.clear(); }

 private:
  struct Wait {
    SteadyTime begin;
    SteadyTime end;
  };
  std::vector<Wait> open_;
};

// Any thread.
class CpuWaits {
 public:
  // Looks at this process from now on; 0: at none. Nothing is looked at that is no process here, or
  // where the kernel does not tell.
  void watch(pid_t coordinator);
  // To be called often: looks every few milliseconds.
  void tick(SteadyTime now);
  // Settles what is open.
  void settle(SteadyTime now);
  void reset();
  // The waits that count, as PauseLog has them.
  std::vector<reports::Pause> since(SteadyTime start) const { return counted_.since(start); }

 private:
  struct Thread {
    UniqueFd schedstat;
    std::chrono::nanoseconds waited{};
  };

  void find_threads();
  void begin_account(SteadyTime now);
  void settle_account(SteadyTime now);

  std::mutex mutex_;
  pid_t coordinator_ = 0;
  std::map<pid_t, Thread> threads_;
  SteadyTime looked_{};
  SteadyTime account_began_{};
  double busy_before_s_ = 0;
  double own_before_s_ = 0;
  double share_before_ = 0;
  WaitAccount account_;
  PauseLog counted_;
};

}  // namespace yardmaster::loadgen
