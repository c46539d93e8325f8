#include "coordinator/daemon/stall_reports.h"

#include "coordinator/base/duration.h"

namespace yardmaster {

StallReports::StallReports(std::chrono::nanoseconds limit, const DaemonLog& log,
                           DaemonMetrics& metrics)
    : limit_(limit),
      log_(log),
      metrics_(metrics),
      detector_(limit, build_slowdown, [this](const Stall& stall) { on_stall(stall); }) {}

// Tests read these lines (tests/support/daemon_process.cpp).
void StallReports::on_stall(const Stall& stall) noexcept {
  last_ = stall;
  metrics_.on_stall(stall);
  log_->warn("the broker thread stalled for {:.1f} ms ({:.1f} ms of them computing) during: {}",
             to_milliseconds(stall.duration), to_milliseconds(stall.computing), stall.during);
}

nlohmann::json StallReports::status() const {
  nlohmann::json shown{{"stall_limit_ms", to_milliseconds(limit_)}, {"stalls", detector_.stalls()}};
  if (last_) {
    shown["last_stall"] = {{"during", last_->during},
                           {"duration_ms", to_milliseconds(last_->duration)}};
  }
  return shown;
}

}  // namespace yardmaster
