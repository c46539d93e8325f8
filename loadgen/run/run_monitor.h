// Watches a run from the main thread, once a second: the series of the report, the coordinator's
// memory, the Prometheus metrics and the histograms' log. Reads what the generator records and
// never waits for it.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "loadgen/measure/heat_counter.h"
#include "loadgen/measure/measured_run.h"
#include "loadgen/run/progress.h"
#include "metrics/hdr_log.h"
#include "metrics/registry.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

class RunMonitor {
 public:
  // All must outlive the monitor.
  RunMonitor(const LoadPlan& plan, const MeasuredRun& run, metrics::Registry& registry);

  // Takes note when a second is over, and returns whether one was. Call it often.
  bool observe();
  // Takes note of the rest.
  void finish();

  ProgressView view() const;
  const std::vector<reports::SecondOfRun>& series() const { return series_; }
  const reports::HeatMap& heat_map() const { return heat_.map(); }
  const reports::Resources& resources() const { return resources_; }
  std::string hdr_log() const { return log_text_.str(); }

 private:
  struct Watched {
    const MeasurementLog* log = nullptr;
    metrics::Histogram before;
    metrics::Histogram lag_before;
    prometheus::Histogram* metric = nullptr;
  };

  // The metrics by store are made once it is known, and before anything is measured: a counter that
  // appears with a value has risen from nowhere.
  void register_metrics();
  void note_second(Offset at);
  void note_measurement(const std::string& name, Watched& watched, Offset from, Offset length,
                        reports::SecondOfRun& second);
  void note_resources();

  const LoadPlan& plan_;
  const MeasuredRun& run_;
  metrics::Registry& registry_;
  std::map<std::string, Watched> watched_;
  prometheus::Histogram* lag_metric_ = nullptr;
  prometheus::Gauge& rate_;
  std::ostringstream log_text_;
  metrics::HdrLogWriter log_;
  std::vector<reports::SecondOfRun> series_;
  HeatCounter heat_;
  Offset last_{};
  RunPhase last_phase_ = RunPhase::preparing;
  pid_t daemon_ = 0;
  double daemon_cpu_before_ = 0;  // that process's, at the last reading
  double own_cpu_before_ = 0;
  reports::Resources resources_;
};

std::string_view to_string(RunPhase phase);

// The counter of the runs on a store that came to a verdict.
prometheus::Counter& verdict_counter(metrics::Registry& registry, const std::string& store,
                                     reports::Verdict verdict);

}  // namespace yardmaster::loadgen
