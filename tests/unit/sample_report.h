// A report with something in every field, for the writers' golden files.
#pragma once

#include <limits>

#include "reports/report.h"

namespace yardmaster::reports {

inline Measurement sample_measurement(double scale) {
  Measurement measurement;
  measurement.count = 6'000;
  measurement.latency_ms = {.p50 = 0.31 * scale,
                            .p90 = 0.402 * scale,
                            .p99 = 0.911 * scale,
                            .p999 = 1.502 * scale,
                            .max = 3.1 * scale,
                            .mean = 0.334567 * scale};
  measurement.service_ms = {.p50 = 0.25 * scale,
                            .p90 = 0.35 * scale,
                            .p99 = 0.8 * scale,
                            .p999 = 1.4 * scale,
                            .max = 3.0 * scale,
                            .mean = 0.27 * scale};
  measurement.p99_low_ms = 0.85 * scale;
  measurement.p99_high_ms = 0.98 * scale;
  measurement.effective_count = 4'321.5;
  measurement.latency_distribution_ms = {0.2 * scale, 0.31 * scale, 0.402 * scale, 0.911 * scale};
  measurement.service_distribution_ms = {0.19 * scale, 0.25 * scale, 0.35 * scale, 0.8 * scale};
  return measurement;
}

// One that passes by its count, one by margin, and one at the quantile that its count carries.
inline std::vector<TargetResult> sample_targets() {
  using namespace std::chrono_literals;
  TargetResult target;
  target.target = {.measurement = "write", .quantile = 0.99, .limit = 30ms};
  target.count = 6'000;
  target.over_limit = 2;
  target.effective_count = 4'321.5;
  target.verdict = Verdict::pass;
  target.effective_at_limit = 5'000;
  target.effective_in_bulk = 4'321.5;
  target.vouches_for_s = 60 / 390.0;
  target.reason =
      "2 of 6,000 over 30ms, which count as 1.4 of 4,321 independent ones; vouches for stalls of "
      "up to 0.15 s: longer and rarer ones need a longer run";
  TargetResult handoff = target;
  handoff.target = {.measurement = "handoff", .quantile = 0.99, .limit = 500ms};
  handoff.over_limit = 0;
  handoff.margin = 30;
  handoff.margins = {{.divisor = 10, .over = 40, .effective_count = 3'000},
                     {.divisor = 30, .over = 60, .effective_count = 2'900.25}};
  handoff.reason = "0 of 6,000 over 500ms; by margin";
  TargetResult checkpoint = target;
  checkpoint.target = {.measurement = "checkpoint", .quantile = 0.99, .limit = 30ms};
  checkpoint.count = 120;
  checkpoint.over_limit = 0;
  checkpoint.judged_quantile = 0.95;
  checkpoint.vouches_for_s = 0.8;
  checkpoint.reason = "0 of 120 over 30ms; so few carry no more than a P95";
  return {target, handoff, checkpoint};
}

inline Run sample_run() {
  Run run;
  run.scenario = "baseline";
  run.instances = 25;
  run.interval_ms = 250;
  run.arrivals = "staggered";
  run.duration_s = 60;
  run.warmup_s = 1;
  run.store = "sqlite";
  run.topology = "broker";
  run.transaction = "append";
  run.checkpoint_policy = "adaptive";
  run.durability = "process";
  run.seed = 42;
  run.pair = 1;
  run.verdict = Verdict::pass;
  run.offered_per_s = 100;
  run.achieved_per_s = 99.9;
  run.looks = 1;
  run.validity.schedule_lag_ms = {.p50 = 0.01, .p90 = 0.02, .p99 = 0.05, .max = 0.4, .mean = 0.012};
  run.validity.hiccup_ms = {.p50 = 0.06, .p90 = 0.07, .p99 = 0.11, .max = 0.9, .mean = 0.062};
  run.validity.stolen_cpu_s = 0.25;
  run.validity.pauses = {{.begin_s = 2.5, .end_s = 2.504}, {.begin_s = 7, .end_s = 7.012}};
  run.validity.coordinator_waits = {{.begin_s = 3.5, .end_s = 3.502}};
  run.validity.due = 8'300;
  run.validity.begun = 8'300;
  run.measurements = {{"write", sample_measurement(1)}, {"handoff", sample_measurement(4)}};
  run.measurements["write"].lag_ms = {
      .p50 = 0.01, .p90 = 0.02, .p99 = 0.05, .p999 = 0.2, .max = 0.4, .mean = 0.012};
  run.littles_law = {{"write", {.in_flight = 0.0271, .answered_per_s = 100, .service_ms = 0.27}},
                     {"handoff", {.in_flight = 0.0108, .answered_per_s = 10, .service_ms = 1.08}}};
  run.checkpoint_frames = {
      .p50 = 950, .p90 = 1'000, .p99 = 1'010, .p999 = 1'010, .max = 1'010, .mean = 940};
  run.series = {{.time_s = 1,
                 .counts = {{"write", 100}},
                 .p50_ms = {{"write", 0.3}},
                 .p99_ms = {{"write", 0.9}},
                 .max_ms = {{"write", 1.5}},
                 .lag_p99_ms = 0.05}};
  run.heat_map = {.column_s = 1,
                  .columns = {{"write", {{.lowest_row = 19, .counts = {30, 60, 0, 10}}, {}}}}};
  run.marks = {{.time_s = 15, .kind = "look", .text = "look 1"}};
  run.targets = sample_targets();
  run.audit = {.acknowledged = 6'100, .stored = 6'100};
  run.errors = {{"not_found", 3}};
  run.resources = {
      .coordinator_rss_bytes = 22'020'096, .coordinator_cpu_s = 3.2, .loadgen_cpu_s = 4.1};
  return run;
}

// Too short, too slow a generator, an answer that never came, an entry that was lost.
inline Run bad_run() {
  using namespace std::chrono_literals;
  Run run = sample_run();
  run.scenario = "thousands";
  run.instances = 1;
  run.interrupted = true;
  run.verdict = Verdict::fail;
  run.topology = "direct";
  run.transaction = "deferred";
  run.contention = Contention{
      .busy = 40, .retries = 38, .retry_ms = 120.5, .lock_waits = 7, .lock_wait_ms = 9.25};
  run.warnings = {"SQLite 3.40.1 has a bug that this load can meet"};
  run.fsync_injected_ms = 5;
  run.littles_law.clear();
  run.validity.schedule_lag_ms.p99 = 3.5;
  Measurement& write = run.measurements["write"];
  write.count = 120;
  write.unanswered = 1;
  write.effective_count = 120;
  write.latency_ms.max = write.latency_ms.mean = std::numeric_limits<double>::infinity();
  write.p99_high_ms = std::numeric_limits<double>::infinity();
  TargetResult& target = run.targets.front();
  target.verdict = Verdict::inconclusive;
  target.count = 120;
  target.over_limit = 8;
  target.undisturbed_over = 1;
  target.undisturbed_effective_count = 120;
  target.disturbed = true;
  target.vouches_for_s = 0;
  target.reason =
      "the generator was disturbed: 8 of 120 over 30ms, of which 7 were due or under way during "
      "its own 2 pauses, of 0.02 s in all; without them it does not fail";
  run.validity.reasons = {target.reason};
  run.targets.resize(1);
  run.audit.lost = 1;
  return run;
}

inline Report sample_report() {
  Report report;
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
  report.runs = {sample_run(), bad_run()};
  report.decision = DecisionSummary{
      .store = "sqlite", .recorded = "sqlite", .agrees = true, .reason = "it passes at 25"};
  return report;
}

}  // namespace yardmaster::reports
