// Carries out one plan against a listening coordinator: prepares the instances, runs the writes on
// a thread of their own and the other workloads on this one's loop, drains, audits, and gives
// everything back.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/client/event_loop.h"
#include "loadgen/measure/measured_run.h"
#include "loadgen/real/real_context.h"
#include "loadgen/real/spawn_watch.h"
#include "loadgen/run/write_sender.h"
#include "loadgen/workloads/child_nursery.h"
#include "loadgen/workloads/workload.h"

namespace yardmaster::loadgen {

class Handoffs;
class Broadcasts;
class Hostile;
class WebSocketPinger;

class LoadRun final : public MeasuredRun {
 public:
  struct Options {
    std::string socket_path;  // broker.sock
    std::string name_prefix;  // unique in the yard
    bool release = true;      // the instances, at the end: not needed when the daemon is stopped
    std::optional<YardPlaces> places = {};  // for a plan with real instances
  };

  LoadRun(const LoadPlan& plan, Options options, const ChildNursery& nursery);
  ~LoadRun() override;

  void execute() override;
  void stop_early() override;
  void abandon() override;
  std::optional<reports::RealInstances> real_instances() const override;
  std::vector<reports::Check> checks() const override;
  std::map<std::string, reports::LittlesLaw> littles_law() const override;

 private:
  void make_logs();
  void prepare();
  void learn_about_the_daemon();
  void watch_daemon(pid_t pid);
  // The arguments of allocate_instance for an instance that writes.
  nlohmann::json request_for(const std::string& name) const;
  void add_repository();
  void make_workloads();
  std::unique_ptr<TurnoverWorkload> make_turnover();
  void subscribe();
  void generate();
  void begin_measuring();
  bool all_idle() const;
  void drain();
  void take_daemon_histograms();
  void run_audit();
  // Returns whether all of them could be released.
  bool release_instances();
  std::vector<std::string> instances_to_release() const;
  void audit_real_instances();
  MeasurementLog* log_if_any(std::string_view name);

  Options options_;
  const ChildNursery& nursery_;

  EventLoop loop_;
  EventLoop write_loop_;  // the sender's, while it runs
  std::unique_ptr<ReconnectingSession> control_;
  std::optional<RealContext> real_;
  std::unique_ptr<RunContext> context_;
  std::unique_ptr<Writes> writes_;  // null without writes, like its sender
  std::unique_ptr<WriteSender> sender_;
  std::unique_ptr<Handoffs> handoffs_;
  std::unique_ptr<Broadcasts> broadcasts_;
  std::unique_ptr<Hostile> hostile_;
  std::unique_ptr<TurnoverWorkload> turnover_;
  std::unique_ptr<WebSocketPinger> websocket_;
  std::vector<Workload*> workloads_;  // of this thread: all but the writes
  EventLoop::TimerId warmup_ends_{};
  bool stop_now_ = false;
  nlohmann::json histograms_before_;
  SpawnMark spawned_before_;
  std::uint64_t spawned_ = 0;  // by the daemon while it was measured
};

}  // namespace yardmaster::loadgen
