// When the generator itself could not run: what was due or answered in such a time was seen too
// late, which is no fault of the coordinator. Any thread may add and read.
#pragma once

#include <mutex>
#include <vector>

#include "coordinator/base/clock.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

class PauseLog {
 public:
  // Shorter ones are the ordinary lag of a machine.
  static constexpr std::chrono::milliseconds shortest{1};

  // A thread should have run at `expected` and did at `now`. Short ones are left out, and a thread
  // that was merely on time leaves no trace.
  void note(SteadyTime expected, SteadyTime now);
  void reset();
  // Those of all threads, joined where they overlap, in seconds after `start`.
  std::vector<reports::Pause> since(SteadyTime start) const;

 private:
  struct Interval {
    SteadyTime begin;
    SteadyTime end;
  };

  mutable std::mutex mutex_;
  std::vector<Interval> intervals_;
};

}  // namespace yardmaster::loadgen
