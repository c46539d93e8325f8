#include "loadgen/measure/pause_log.h"

#include <algorithm>

namespace yardmaster::loadgen {
namespace {

double seconds_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void PauseLog::note(SteadyTime expected, SteadyTime now) {
  if (now - expected < shortest) return;
  const std::lock_guard lock(mutex_);
  intervals_.push_back({expected, now});
}

void PauseLog::reset() {
  const std::lock_guard lock(mutex_);
  intervals_.clear();
}

std::vector<reports::Pause> PauseLog::since(SteadyTime start) const {
  std::vector<Interval> intervals;
  {
    const std::lock_guard lock(mutex_);
    intervals = intervals_;
  }
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  std::vector<reports::Pause> pauses;
  for (const Interval& interval : intervals) {
    const double begin = seconds_between(start, interval.begin);
    const double end = seconds_between(start, interval.end);
    if (!pauses.empty() && begin <= pauses.back().end_s) {
      pauses.back().end_s = std::max(pauses.back().end_s, end);
    } else {
      pauses.push_back({.begin_s = begin, .end_s = end});
    }
  }
  return pauses;
}

}  // namespace yardmaster::loadgen
