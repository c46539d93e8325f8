// Carries out one plan against a listening coordinator: prepares the instances, runs the workloads
// on the generator's loop, drains, audits, and gives everything back. execute() belongs to the
// generator's thread; what is marked "any thread" may be called beside it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/client/event_loop.h"
#include "loadgen/child_nursery.h"
#include "loadgen/load_plan.h"
#include "loadgen/measurement_log.h"
#include "loadgen/self_check.h"
#include "loadgen/workload.h"

namespace yardmaster::loadgen {

class Writes;
class Handoffs;
class Broadcasts;
class Churn;
class WebSocketPinger;

enum class RunPhase { preparing, warming_up, measuring, draining, auditing, releasing, done };

// The run was ended before it had anything to say.
struct Abandoned {};

// What the daemon says about itself.
struct DaemonFacts {
  std::string version;
  std::string store;
  std::string store_version;
  std::string store_path;
  std::string checkpoint_policy;
};

class LoadRun {
 public:
  struct Options {
    std::string socket_path;  // broker.sock
    std::string name_prefix;  // unique in the yard
    bool release = true;      // the instances, at the end: not needed when the daemon is stopped
  };

  LoadRun(const LoadPlan& plan, Options options, const ChildNursery& nursery);
  ~LoadRun();
  LoadRun(const LoadRun&) = delete;
  LoadRun& operator=(const LoadRun&) = delete;

  // Throws Error when the run cannot be carried out, and Abandoned.
  void execute();

  // --- any thread
  void stop_early();  // end the measuring now; drain and audit as usual
  void abandon();     // end everything now
  RunPhase phase() const { return phase_.load(); }
  Offset elapsed() const;  // since the start of the warm-up; zero before
  const std::vector<Offset>& look_boundaries() const { return boundaries_; }
  // By measurement; fixed from the construction on.
  using Logs = std::map<std::string, std::unique_ptr<MeasurementLog>, std::less<>>;
  const Logs& logs() const { return logs_; }
  // Of the measuring so far; after it, of all of it.
  reports::Validity validity() const;
  std::uint64_t audited() const { return audited_.load(); }
  pid_t daemon_pid() const { return daemon_pid_.load(); }  // 0 before it is known

  // --- after phase() passed preparing
  const DaemonFacts& daemon() const { return daemon_; }

  // --- after execute()
  Offset measured() const { return measured_; }
  const reports::Audit& audit() const { return audit_; }
  const ErrorCounts& errors() const { return errors_; }
  // Of the daemon, over the measured time: commit, commit_in_checkpoint.
  const std::map<std::string, metrics::Histogram>& daemon_histograms() const {
    return daemon_histograms_;
  }
  const metrics::Histogram& checkpoint_frames() const { return checkpoint_frames_; }  // as ns

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
  void end_measuring(SteadyTime end);
  void take_daemon_histograms();
  void run_audit();
  // Whether all of them could be.
  bool release_instances();
  MeasurementLog& log(std::string_view name) { return *logs_.find(name)->second; }

  LoadPlan plan_;
  Options options_;
  const ChildNursery& nursery_;
  std::vector<Offset> boundaries_;
  Logs logs_;
  metrics::Histogram lag_;
  SelfCheck self_check_;
  std::atomic<RunPhase> phase_{RunPhase::preparing};
  std::atomic<std::int64_t> start_ns_{0};
  std::atomic<std::uint64_t> audited_{0};
  std::atomic<pid_t> daemon_pid_{0};

  EventLoop loop_;
  std::unique_ptr<Session> control_;
  std::unique_ptr<RunContext> context_;
  std::unique_ptr<Writes> writes_;
  std::unique_ptr<Handoffs> handoffs_;
  std::unique_ptr<Broadcasts> broadcasts_;
  std::unique_ptr<Churn> churn_;
  std::unique_ptr<WebSocketPinger> websocket_;
  std::vector<Workload*> workloads_;
  DaemonFacts daemon_;
  SteadyTime start_{};
  SteadyTime next_turn_{};
  EventLoop::TimerId warmup_ends_{};
  std::chrono::nanoseconds turn_length_{};
  bool stop_now_ = false;
  Offset measured_{};
  reports::Validity validity_;
  reports::Audit audit_;
  ErrorCounts errors_;
  nlohmann::json histograms_before_;
  std::map<std::string, metrics::Histogram> daemon_histograms_;
  metrics::Histogram checkpoint_frames_;
};

}  // namespace yardmaster::loadgen
