// The daemon measures itself: cumulative latency histograms since its start, and the Prometheus
// metrics. The store thread reports commits and checkpoints; everything else is the broker
// thread's.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "coordinator/base/stall_detector.h"
#include "coordinator/store/group_commit.h"
#include "metrics/histogram.h"
#include "metrics/registry.h"

namespace yardmaster {

// The gauges are read when the metrics are.
struct DaemonGauges {
  std::uint64_t connections = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t shed = 0;
  std::uint64_t session_memory = 0;
  std::uint64_t instances = 0;
  std::uint64_t subscribers = 0;
  std::uint64_t operations_in_flight = 0;
  LoopTurns turns;
};

// The memory and CPU time of this process.
struct ProcessUsage {
  std::uint64_t resident_bytes = 0;
  double cpu_seconds = 0;
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
  void on_stall(const Stall& stall);
  void set_requests(const std::string& command, const std::string& code, std::uint64_t count);

  // Returns each histogram, encoded, by its name.
  nlohmann::json histograms() const;
  std::string exposition(const DaemonGauges& gauges);

 private:
  void expose(const LoopTurns& turns);

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
  prometheus::Counter& operations_;
  prometheus::Histogram& checkpoint_frames_;
  prometheus::Histogram& turn_seconds_;
  LoopTurns exposed_turns_;  // what turn_seconds_ has
  OnCheckpoint on_checkpoint_;
  OnStorageError on_storage_error_;
};

}  // namespace yardmaster
