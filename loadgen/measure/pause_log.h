// The pause log keeps the times in which the generator itself could not run: what was due or
// answered then was seen too late, which is no fault of the coordinator. Any thread may add and
// read.
#pragma once

#include <mutex>
#include <vector>

#include "coordinator/base/clock.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

class PauseLog {
 public:
  // A shorter pause is the ordinary lag of a machine.
  static constexpr std::chrono::milliseconds shortest{1};

  // A thread should have run at `expected` and did at `now`. Short pauses are left out.
  void note(SteadyTime expected, SteadyTime now);
  void reset();
  // Returns the pauses of all threads, joined where they overlap, in seconds after `start`.
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
