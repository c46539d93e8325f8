// Carries out one plan against a listening coordinator: prepares the instances, runs the workloads
// on the generator's loop, drains, audits, and gives everything back.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "coordinator/client/event_loop.h"
#include "loadgen/child_nursery.h"
#include "loadgen/measured_run.h"
#include "loadgen/workload.h"

namespace yardmaster::loadgen {

class Writes;
class Handoffs;
class Broadcasts;
class Churn;
class WebSocketPinger;

class LoadRun final : public MeasuredRun {
 public:
  struct Options {
    std::string socket_path;  // broker.sock
    std::string name_prefix;  // unique in the yard
    bool release = true;      // the instances, at the end: not needed when the daemon is stopped
  };

  LoadRun(const LoadPlan& plan, Options options, const ChildNursery& nursery);
  ~LoadRun() override;

  void execute() override;
  void stop_early() override;
  void abandon() override;

 private:
  void make_logs();
  void prepare();
  void learn_about_the_daemon();
  void subscribe();
  void generate();
  void turn(SteadyTime end);
  void begin_measuring();
  bool all_idle() const;
  void drain();
  void take_daemon_histograms();
  void run_audit();
  // Whether all of them could be.
  bool release_instances();

  Options options_;
  const ChildNursery& nursery_;

  EventLoop loop_;
  std::unique_ptr<Session> control_;
  std::unique_ptr<RunContext> context_;
  std::unique_ptr<Writes> writes_;
  std::unique_ptr<Handoffs> handoffs_;
  std::unique_ptr<Broadcasts> broadcasts_;
  std::unique_ptr<Churn> churn_;
  std::unique_ptr<WebSocketPinger> websocket_;
  std::vector<Workload*> workloads_;
  SteadyTime next_turn_{};
  EventLoop::TimerId warmup_ends_{};
  std::chrono::nanoseconds turn_length_{};
  bool stop_now_ = false;
  nlohmann::json histograms_before_;
};

}  // namespace yardmaster::loadgen
