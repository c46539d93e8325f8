// The schedule says when the instances of the direct topology are due to write: each in a process
// of its own, which knows its own moments alone, and all of them together for the process that
// measures. Plain arithmetic, no clock.
#pragma once

#include <cstdint>
#include <vector>

#include "loadgen/plan/schedule.h"

namespace yardmaster::loadgen {

struct ArrivalPlan {
  Arrivals arrivals = Arrivals::staggered;
  std::chrono::nanoseconds interval{};
  std::uint32_t instances = 1;
  std::uint64_t seed = 0;
};

// This is the schedule of one instance. Regular arrivals are those of Schedule; poisson gaps follow
// from the seed and the instance's number.
class InstanceSchedule {
 public:
  InstanceSchedule(const ArrivalPlan& plan, std::uint32_t instance);

  std::chrono::nanoseconds next() const { return phase_ + schedule_.next().offset; }
  void pop() { schedule_.pop(); }

 private:
  std::chrono::nanoseconds phase_;
  Schedule schedule_;
};

// This merges the moments of all instances, in order. Logarithmic time.
class MergedSchedule {
 public:
  explicit MergedSchedule(const ArrivalPlan& plan);

  const Due& next() const { return heap_.front(); }
  void pop();

 private:
  std::vector<InstanceSchedule> schedules_;
  std::vector<Due> heap_;  // by offset, then by instance
};

}  // namespace yardmaster::loadgen
