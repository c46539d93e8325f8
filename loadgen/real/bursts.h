// All real instances at once: asked for in one go at the scheduled time, and released when all have
// said hello. The sample runs from that time to the last hello; each instance gives one of startup,
// too. Between bursts nothing may be left, which is looked for from outside.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "loadgen/plan/schedule.h"
#include "loadgen/real/outside_worker.h"
#include "loadgen/workloads/workload.h"

namespace yardmaster::loadgen {

class Bursts final : public TurnoverWorkload {
 public:
  Bursts(RunContext& context, MeasurementLog& burst, MeasurementLog& startup);

  void end_at(Offset end) override { end_ = end; }
  void start(SteadyTime start) override;
  void stop() override;
  bool idle() const override { return state_ == State::between && due_.empty(); }
  void count_errors(ErrorCounts& errors) const override;
  void on_gone(const std::string& instance) override;
  std::vector<std::string> living() const override;
  void look_up_dying() override;
  void give_up() override;

 private:
  enum class State { between, spawning, releasing, checking };

  Offset now() const { return std::chrono::steady_clock::now() - start_; }
  void schedule_next();
  void begin_if_due();
  void spawn(const std::string& name, Offset intended);
  void on_all_answered();
  void release(const std::string& name);
  void check_if_all_gone();
  void on_checked(const std::vector<std::string>& left);

  RunContext& context_;
  MeasurementLog& burst_;
  MeasurementLog& startup_;
  SteadyRate rate_;
  SteadyTime start_{};
  Offset end_ = Offset::max();
  std::uint64_t next_ = 0;
  EventLoop::TimerId timer_{};
  bool stopped_ = false;
  State state_ = State::between;
  std::deque<Offset> due_;
  Offset intended_{};  // of the burst under way
  Offset sent_{};
  std::uint64_t sample_ = 0;
  std::uint64_t unanswered_ = 0;
  std::set<std::string> living_;
  ErrorCounts errors_;
  OutsideWorker looks_;  // last, so that nothing runs in it any more when the rest goes away
};

}  // namespace yardmaster::loadgen
