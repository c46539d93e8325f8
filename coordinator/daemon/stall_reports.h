// Watches the broker thread for stalls, and reports each in the log, in the metrics and in the
// status. Broker thread.
#pragma once

#include <chrono>
#include <optional>

#include <nlohmann/json.hpp>

#include "coordinator/base/stall_detector.h"
#include "coordinator/daemon/daemon_log.h"
#include "coordinator/daemon/daemon_metrics.h"

namespace yardmaster {

class StallReports {
 public:
  // Log and metrics have to outlive this. A limit of zero: nothing is a stall.
  StallReports(std::chrono::nanoseconds limit, const DaemonLog& log, DaemonMetrics& metrics);

  StallDetector& detector() { return detector_; }
  nlohmann::json status() const;

 private:
  void on_stall(const Stall& stall) noexcept;

  const std::chrono::nanoseconds limit_;
  const DaemonLog& log_;
  DaemonMetrics& metrics_;
  std::optional<Stall> last_;
  StallDetector detector_;
};

}  // namespace yardmaster
