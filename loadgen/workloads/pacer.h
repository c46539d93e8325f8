// A pacer begins a workload's requests at the scattered moments of its rate, on the loop's thread,
// and notes how late the loop came to it. The workload decides what it then takes to send one.
#pragma once

#include <functional>

#include "coordinator/client/event_loop.h"
#include "loadgen/measure/measurement_log.h"
#include "loadgen/plan/schedule.h"

namespace yardmaster::loadgen {

class Pacer {
 public:
  using Begin = std::function<void(Offset intended)>;
  // Takes how late `intended` was begun.
  using NoteLag = std::function<void(Offset intended, std::chrono::nanoseconds lag)>;

  // The loop must outlive the pacer, and what is called must live as long.
  Pacer(EventLoop& loop, ScatteredRate rate, Begin begin, NoteLag note_lag);
  ~Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  // Nothing is due at `end` or later: call before start(), or to end sooner.
  void end_at(Offset end) { end_ = end; }
  void start(SteadyTime start);
  // Begins what is due by now, late as it may be, and nothing from here on.
  void stop();
  bool is_stopped() const { return is_stopped_; }

 private:
  void schedule_next();
  void begin_due(Offset until);

  EventLoop& loop_;
  ScatteredRate rate_;
  Begin begin_;
  NoteLag note_lag_;
  SteadyTime start_{};
  Offset end_ = Offset::max();
  EventLoop::TimerId timer_{};
  bool is_started_ = false;
  bool is_stopped_ = false;
};

}  // namespace yardmaster::loadgen
