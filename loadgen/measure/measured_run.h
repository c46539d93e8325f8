// One plan being carried out, whatever it runs against: how far it is, what it measured and what it
// found. execute() belongs to the generator's thread; what is marked "any thread" may be called
// beside it. What a topology does is up to those that derive from this.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/base/clock.h"
#include "loadgen/measure/cpu_waits.h"
#include "loadgen/measure/measurement_log.h"
#include "loadgen/measure/pause_log.h"
#include "loadgen/measure/self_check.h"
#include "loadgen/plan/load_plan.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

enum class RunPhase { preparing, warming_up, measuring, draining, auditing, releasing, done };

// The run was ended before it had anything to say.
struct Abandoned {};

// The facts describe the other side of a run: a coordinator, or a database alone.
struct DaemonFacts {
  std::string version;
  std::string store;
  std::string store_version;
  std::string store_path;
  std::string checkpoint_policy;
};

class MeasuredRun {
 public:
  explicit MeasuredRun(const LoadPlan& plan);
  virtual ~MeasuredRun() = default;
  MeasuredRun(const MeasuredRun&) = delete;
  MeasuredRun& operator=(const MeasuredRun&) = delete;

  // Throws Error when the run cannot be carried out, and Abandoned.
  virtual void execute() = 0;

  // --- any thread
  virtual void stop_early() = 0;  // end the measuring now; drain and audit as usual
  virtual void abandon() = 0;     // end everything now
  RunPhase phase() const { return phase_.load(); }
  Offset elapsed() const;  // since the start of the warm-up; zero before
  const std::vector<Offset>& look_boundaries() const { return boundaries_; }
  // The logs by measurement; the set is fixed from the construction on.
  using Logs = std::map<std::string, std::unique_ptr<MeasurementLog>, std::less<>>;
  const Logs& logs() const { return logs_; }
  // Returns the validity of the measuring so far; after it, of all of it.
  reports::Validity validity() const;
  std::uint64_t audited() const { return audited_.load(); }
  pid_t daemon_pid() const { return daemon_pid_.load(); }  // 0 before it is known, or without one

  // CPU time of other processes that generate the load.
  virtual double other_cpu_s() const { return 0; }
  // Returns what a reader of the report has to know beside its figures.
  virtual std::vector<std::string> warnings() const { return {}; }

  // --- after phase() passed preparing
  const DaemonFacts& daemon() const { return daemon_; }

  // --- after execute()
  Offset measured() const { return measured_; }
  const reports::Audit& audit() const { return audit_; }
  const ErrorCounts& errors() const { return errors_; }
  // Returns the daemon's histograms over the measured time: commit, commit_in_checkpoint.
  const std::map<std::string, metrics::Histogram>& daemon_histograms() const {
    return daemon_histograms_;
  }
  // Returns both accounts by measurement, where requests are seen going out and coming back.
  virtual std::map<std::string, reports::LittlesLaw> littles_law() const { return {}; }
  // Returns what writers met of each other, where they do.
  virtual std::optional<reports::Contention> contention() const { return std::nullopt; }
  virtual std::optional<reports::RealInstances> real_instances() const { return std::nullopt; }
  // Returns what is found once and has a limit.
  virtual std::vector<reports::Check> checks() const { return {}; }
  const metrics::Histogram& checkpoint_frames() const { return checkpoint_frames_; }  // as ns

 protected:
  void add_log(const std::string& measurement);
  MeasurementLog& log(std::string_view name) { return *logs_.find(name)->second; }
  // The warm-up begins at `start`.
  void start_at(SteadyTime start);
  // Forgets what the warm-up recorded about the generator itself.
  void begin_measuring_itself();
  // It was measured until now, but no longer than until `end`.
  void end_measuring(SteadyTime end);
  // The last answers are in, and what is known of the generator is final.
  void begin_audit();

  LoadPlan plan_;
  std::vector<Offset> boundaries_;
  Logs logs_;
  PauseLog pauses_;
  CpuWaits cpu_waits_;
  SelfCheck self_check_{pauses_, &cpu_waits_};
  std::atomic<RunPhase> phase_{RunPhase::preparing};
  std::atomic<std::uint64_t> audited_{0};
  std::atomic<pid_t> daemon_pid_{0};
  DaemonFacts daemon_;
  SteadyTime start_{};
  Offset measured_{};
  reports::Audit audit_;
  ErrorCounts errors_;
  std::map<std::string, metrics::Histogram> daemon_histograms_;
  metrics::Histogram checkpoint_frames_;

 private:
  // Counts the requests of all workloads that were due, and those of them that went out.
  void count_requests(reports::Validity& validity) const;

  std::atomic<std::int64_t> start_ns_{0};
  reports::Validity validity_;
};

}  // namespace yardmaster::loadgen
