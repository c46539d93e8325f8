// Runs plans one after another from the main thread: starts a private coordinator when none is
// named, lets the generator work on its own thread, takes the planned looks, and turns what was
// measured into a reports::Run.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "loadgen/hosts/private_yard.h"
#include "loadgen/plan/load_plan.h"
#include "loadgen/run/interrupts.h"
#include "loadgen/run/load_run.h"
#include "loadgen/run/progress.h"
#include "loadgen/run/run_monitor.h"
#include "loadgen/workloads/child_nursery.h"
#include "reports/report.h"
#include "reports/verdict.h"

namespace yardmaster::loadgen {

struct SupervisorOptions {
  std::string connect;              // broker.sock of a running coordinator; empty: a private one
  std::filesystem::path directory;  // for the private one's state; empty: a place on a disk
  bool keep = false;                // the state
  std::string postgres;             // a server to make databases on; empty: one of loadgen's own
  // If true, what was added to an fsync is measured before the first run with a latency only, and
  // not before each.
  bool measure_delay_once = false;
  // Hears of each measured second what the run has found so far; on a thread of the run's.
  std::function<void(reports::Run run)> on_second = {};
};

struct FinishedRun {
  reports::Run run;
  reports::Environment environment;
  std::string hdr_log;
  bool interrupted = false;  // at whatever point: nothing more is to be run
};

class Supervisor {
 public:
  // All must outlive the supervisor.
  Supervisor(SupervisorOptions options, Interrupts& interrupts, const ChildNursery& nursery,
             metrics::Registry& registry, Progress& progress);

  // Throws Error when the run cannot be carried out, and Abandoned after a second Ctrl-C or one
  // before anything was measured.
  FinishedRun run(const LoadPlan& plan);

 private:
  class Watch;

  struct KnownDelay {
    FsyncLatency latency;
    reports::DelayedFsync found;
  };

  void abandon_if_interrupted();
  std::optional<reports::DelayedFsync> known_delay(const LoadPlan& plan) const;
  void remember_delay(const LoadPlan& plan, const PrivateYard& yard);

  SupervisorOptions options_;
  Interrupts& interrupts_;
  const ChildNursery& nursery_;
  metrics::Registry& registry_;
  Progress& progress_;
  std::optional<KnownDelay> known_delay_;
};

// Open files that a plan takes, of this process or of a private coordinator, which has the same
// limit: the larger number.
std::uint64_t descriptors_needed(const LoadPlan& plan, bool is_private);

// Raises the soft limit of open files as far as the plan needs it. Throws Error{unsupported} when
// the hard one is too low.
void allow_connections(const LoadPlan& plan, bool is_private);

}  // namespace yardmaster::loadgen
