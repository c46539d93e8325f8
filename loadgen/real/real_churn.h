// Real instances that come and go: each is ended at its scheduled time in one of several ways,
// looked for from outside when it is gone, and followed by another in its place.
//
// Cleanup runs from the scheduled time to the `gone` event (its service time from the moment at
// which the agent was seen to have ended), startup from the moment at which the place is free to
// the reply, which comes after the agent's hello.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/real/churn_place.h"
#include "loadgen/real/outside_worker.h"
#include "loadgen/workloads/pacer.h"
#include "loadgen/workloads/workload.h"

namespace yardmaster::loadgen {

class RealChurn final : public TurnoverWorkload {
 public:
  // The logs take the samples. They are null for measurements that the plan has none of.
  struct Logs {
    MeasurementLog* startup = nullptr;
    MeasurementLog* cleanup = nullptr;
    MeasurementLog* rescue = nullptr;  // cleanups with work that was saved
    MeasurementLog* grace = nullptr;   // agents ignoring SIGTERM, with work to save or without
  };

  // Allocates the first instances.
  RealChurn(RunContext& context, Logs logs);

  void end_at(Offset end) override { pacer_.end_at(end); }
  void start(SteadyTime start) override;
  void stop() override { pacer_.stop(); }
  bool idle() const override;
  void count_errors(ErrorCounts& errors) const override;
  void on_gone(const std::string& instance) override;
  std::vector<std::string> living() const override;
  void look_up_dying() override;
  void give_up() override;

 private:
  Offset now() const { return std::chrono::steady_clock::now() - start_; }
  void wait_for_the_first();
  void begin(Offset intended);
  void allocate(ChurnPlace& place, SteadyTime due);
  void on_allocated(ChurnPlace& place, const AsyncReply& reply);
  void on_refused(ChurnPlace& place, const AsyncReply& reply);
  void end_if_due();
  MeasurementLog& log_for(const ChurnTurn& turn) const;
  MeasurementLog& usual_log() const { return *(logs_.cleanup ? logs_.cleanup : logs_.startup); }
  void end(ChurnPlace& place);
  void kill_window(const ChurnPlace& place);
  void message_agent(ChurnPlace& place, const std::string& what);
  void ask_to_release(ChurnPlace& place);
  void on_gone_alive(ChurnPlace& place);
  void check(ChurnPlace& place);
  void on_checked(ChurnPlace& place, const std::vector<std::string>& left, SteadyTime when);

  RunContext& context_;
  Logs logs_;
  ChurnTurns turns_;
  std::string sender_;  // sends messages to agents
  SteadyTime start_{};
  bool started_ = false;
  std::uint64_t names_ = 0;
  std::optional<AsyncReply> refusal_;  // the latest allocation's
  std::vector<std::unique_ptr<ChurnPlace>> places_;
  std::deque<ChurnPlace*> living_;
  std::deque<Offset> due_;  // that wait for an instance
  ErrorCounts errors_;
  Pacer pacer_;
  // Last, so that nothing runs in them any more when the rest goes away.
  OutsideWorker windows_;
  OutsideWorker looks_;
};

}  // namespace yardmaster::loadgen
