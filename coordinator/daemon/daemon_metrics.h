// The daemon measures itself: cumulative latency histograms since its start, and the Prometheus
// metrics. The store thread reports commits and checkpoints; everything else is the broker
// thread's.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "coordinator/base/stall_detector.h"
#include "coordinator/domain/instance.h"
#include "coordinator/store/group_commit.h"
#include "metrics/histogram.h"
#include "metrics/registry.h"

namespace yardmaster {

// What the store knows; absent when it could not be asked.
struct StoreGauges {
  std::string engine;
  std::string version;
  std::int64_t log_frames = 0;
  OpenMessages messages;
};

// The gauges are read when the metrics are.
struct DaemonGauges {
  std::uint64_t connections = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t shed = 0;
  std::uint64_t session_memory = 0;
  std::uint64_t instances = 0;
  std::uint64_t subscribers = 0;
  std::uint64_t dropped_subscribers = 0;
  std::uint64_t operations_in_flight = 0;
  std::uint64_t redelivered = 0;
  std::map<DeathCause, std::uint64_t> dead_letters;
  LoopTurns turns;
  // By role and state; roles that this yard does not define are one, so that labels do not grow.
  std::map<std::pair<std::string, InstanceState>, std::uint64_t> instances_by_state;
  std::optional<StoreGauges> store;
  WallTime now{};
};

// The memory and CPU time of this process, and its open files (0: the kernel does not say).
struct ProcessUsage {
  std::uint64_t resident_bytes = 0;
  double cpu_seconds = 0;
  std::uint64_t open_files = 0;
  std::uint64_t most_open_files = 0;
};
ProcessUsage process_usage();

class DaemonMetrics final : public CommitObserver {
 public:
  // Both are called on the store thread.
  using OnCheckpoint = std::function<void(const CheckpointResult& result)>;
  using OnStorageError = std::function<void(const Error& error)>;

  DaemonMetrics(OnCheckpoint on_checkpoint, OnStorageError on_storage_error);

  void on_commit(std::chrono::nanoseconds duration, std::size_t operations, Durability durability,
                 bool in_checkpoint) override;
  void on_checkpoint(const CheckpointResult& result) override;
  void on_storage_error(const Error& error) override;

  void on_handoff(std::chrono::nanoseconds duration);
  void on_cleanup(std::chrono::nanoseconds duration);
  // An instance is there; one whose agent the coordinator started has taken this long to be.
  void on_started(const Instance& instance, WallTime now);
  void on_not_started();
  // A program (git) has ended, tmux has answered.
  void on_program(std::string_view program, bool succeeded, std::chrono::nanoseconds duration);
  void on_tmux(std::chrono::nanoseconds duration) { tmux_seconds_.observe(duration); }
  void on_stall(const Stall& stall);
  void set_requests(const std::string& command, const std::string& code, std::uint64_t count);

  // Returns each histogram, encoded, by its name.
  nlohmann::json histograms() const;
  std::string exposition(const DaemonGauges& gauges);

 private:
  void expose(const LoopTurns& turns);
  void expose(const StoreGauges& store, WallTime now);
  void expose(const ProcessUsage& usage);

  metrics::Registry registry_;
  metrics::Histogram commit_;
  metrics::Histogram commit_in_checkpoint_;
  metrics::Histogram checkpoint_;
  metrics::Histogram handoff_;
  metrics::Histogram cleanup_;
  metrics::LatencyMetric commit_seconds_;
  metrics::LatencyMetric commit_in_checkpoint_seconds_;
  metrics::LatencyMetric checkpoint_seconds_;
  metrics::LatencyMetric handoff_seconds_;
  metrics::LatencyMetric cleanup_seconds_;
  metrics::LatencyMetric startup_seconds_;
  metrics::LatencyMetric tmux_seconds_;
  prometheus::Counter& operations_;
  prometheus::Counter& starts_;
  prometheus::Counter& restarts_;
  prometheus::Counter& failed_starts_;
  prometheus::Histogram& batch_operations_;
  prometheus::Histogram& checkpoint_frames_;
  prometheus::Histogram& turn_seconds_;
  LoopTurns exposed_turns_;  // what turn_seconds_ has
  OnCheckpoint on_checkpoint_;
  OnStorageError on_storage_error_;
};

}  // namespace yardmaster
