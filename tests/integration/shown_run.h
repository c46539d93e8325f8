// A run of ten minutes with something in every field that the page shows.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "reports/report.h"

namespace yardmaster::support {

inline reports::Measurement shown_measurement(double scale) {
  reports::Measurement measurement;
  measurement.count = 60'000;
  measurement.latency_ms = {.p50 = 0.31 * scale,
                            .p90 = 0.402 * scale,
                            .p99 = 0.911 * scale,
                            .p999 = 1.502 * scale,
                            .max = 3.1 * scale,
                            .mean = 0.33 * scale};
  measurement.service_ms = {.p50 = 0.25 * scale,
                            .p90 = 0.35 * scale,
                            .p99 = 0.8 * scale,
                            .p999 = 1.4 * scale,
                            .max = 3.0 * scale,
                            .mean = 0.27 * scale};
  measurement.p99_low_ms = 0.85 * scale;
  measurement.p99_high_ms = 0.98 * scale;
  measurement.effective_count = 43'215;
  for (std::size_t i = 0; i < reports::distribution_size(measurement.count); ++i) {
    const double value = (0.2 + 0.01 * std::exp(static_cast<double>(i) / 9)) * scale;
    measurement.latency_distribution_ms.push_back(value);
    measurement.service_distribution_ms.push_back(0.9 * value);
  }
  return measurement;
}

inline reports::SecondOfRun shown_second(int second, const reports::Run& run) {
  reports::SecondOfRun at;
  at.time_s = second;
  at.lag_p99_ms = 0.05;
  const double wave = 1 + 0.3 * std::sin(second);
  at.lag_p99_ms *= wave;
  for (const auto& [name, measurement] : run.measurements) {
    at.counts[name] = 100;
    at.p50_ms[name] = measurement.latency_ms.p50 * wave;
    at.p99_ms[name] = measurement.latency_ms.p99 * wave;
    at.max_ms[name] = measurement.latency_ms.max * wave;
  }
  return at;
}

inline reports::Run shown_run(const std::string& store, std::uint64_t instances) {
  reports::Run run;
  run.scenario = "default";
  run.instances = instances;
  run.interval_ms = 250;
  run.arrivals = "staggered";
  run.duration_s = 600;
  run.warmup_s = 1;
  run.store = store;
  run.topology = "broker";
  run.transaction = "append";
  run.verdict = reports::Verdict::pass;
  run.offered_per_s = run.achieved_per_s = 100;
  const double scale = (store == "postgres" ? 1.5 : 1) * static_cast<double>(instances) / 25;
  for (const char* name : {"write", "checkpoint", "handoff", "broadcast", "cleanup"}) {
    run.measurements[name] = shown_measurement(scale);
    reports::TargetResult target;
    target.target = {.measurement = name, .quantile = 0.99, .limit = std::chrono::milliseconds(30)};
    target.count = 60'000;
    target.verdict = reports::Verdict::pass;
    target.reason = "0 of 60,000 over 30ms";
    run.targets.push_back(target);
    for (int column = 0; column < 150; ++column) {
      run.heat_map.columns[name].push_back(
          {.lowest_row = 18, .counts = {30, 200, 60, 5, column % 7 == 0 ? 9U : 0U}});
    }
  }
  run.heat_map.column_s = 4;
  for (int second = 1; second <= 600; ++second) run.series.push_back(shown_second(second, run));
  run.marks = {{.time_s = 150, .kind = "look", .text = "look 1"},
               {.time_s = 400, .kind = "fault", .text = "the daemon was killed"}};
  run.validity.pauses = {{.begin_s = 40, .end_s = 40.02}, {.begin_s = 200, .end_s = 202}};
  run.validity.schedule_lag_ms.p99 = 0.05;
  run.validity.due = run.validity.begun = 300'000;
  run.audit = {.acknowledged = 60'000, .stored = 60'000};
  run.resources = {
      .coordinator_rss_bytes = 22'020'096, .coordinator_cpu_s = 32, .loadgen_cpu_s = 41};
  return run;
}

inline reports::Report shown_report(std::vector<reports::Run> runs) {
  reports::Report report;
  report.command = "loadgen --instances 25 --scenario 'my load.json'";
  report.environment = {.cpu = "Example CPU @ 2.40GHz",
                        .cores = 2,
                        .memory_bytes = 8'589'934'592,
                        .kernel = "6.18.0",
                        .filesystem = "ext4",
                        .sqlite_version = "3.40.1",
                        .postgres_version = "",
                        .compiler = "g++ 12.2.0",
                        .build_type = "Release",
                        .fsync_p50_ms = 0.061,
                        .fsync_p99_ms = 0.1};
  report.runs = std::move(runs);
  return report;
}

}  // namespace yardmaster::support
