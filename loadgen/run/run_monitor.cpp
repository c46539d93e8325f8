#include "loadgen/run/run_monitor.h"

#include <algorithm>

#include "coordinator/base/duration.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::seconds;

double to_seconds(Offset offset) { return std::chrono::duration<double>(offset).count(); }

void feed(prometheus::Histogram& metric, const metrics::Histogram& values) {
  std::vector<std::chrono::nanoseconds> edges;
  for (const double edge : metrics::latency_edges()) {
    edges.emplace_back(static_cast<std::int64_t>(edge * 1e9));
  }
  std::vector<double> increments;
  std::uint64_t below = 0;
  for (const std::uint64_t up_to : values.counts_up_to(edges)) {
    increments.push_back(static_cast<double>(up_to - below));
    below = up_to;
  }
  increments.push_back(static_cast<double>(values.count() - below));
  metric.ObserveMultiple(increments, values.mean_ns() * static_cast<double>(values.count()) / 1e9);
}

}  // namespace

std::string_view to_string(RunPhase phase) {
  switch (phase) {
    case RunPhase::preparing:
      return "preparing";
    case RunPhase::warming_up:
      return "warming up";
    case RunPhase::measuring:
      return "measuring";
    case RunPhase::draining:
      return "draining";
    case RunPhase::auditing:
      return "auditing";
    case RunPhase::releasing:
      return "releasing";
    case RunPhase::done:
      return "done";
  }
  return "";
}

prometheus::Counter& verdict_counter(metrics::Registry& registry, const std::string& store,
                                     reports::Verdict verdict) {
  return registry.counter("yardmaster_loadgen_runs_total", "Runs that are over, by their verdict.",
                          {{"store", store}, {"verdict", std::string(to_string(verdict))}});
}

RunMonitor::RunMonitor(const LoadPlan& plan, const MeasuredRun& run, metrics::Registry& registry)
    : plan_(plan),
      run_(run),
      registry_(registry),
      rate_(registry.gauge("yardmaster_loadgen_achieved_writes",
                           "Acknowledged writes in the last second.")),
      log_(log_text_, SystemClock().wall_now()) {
  registry.gauge("yardmaster_loadgen_instances", "Simulated instances.")
      .Set(static_cast<double>(plan.instances));
  for (const auto& [name, log] : run.logs()) {
    watched_[name] = {.log = log.get(), .before = {}, .lag_before = {}, .metric = nullptr};
  }
}

void RunMonitor::register_metrics() {
  const std::string& known = run_.daemon().store;
  const std::string store = known.empty() ? std::string(to_string(plan_.store)) : known;
  for (auto& [name, watched] : watched_) {
    watched.metric = &registry_.histogram(
        "yardmaster_loadgen_latency_seconds", "Latency from the intended time.",
        metrics::latency_edges(), {{"measurement", name}, {"store", store}});
  }
  lag_metric_ = &registry_.histogram("yardmaster_loadgen_lag_seconds",
                                     "How late requests went out by the generator's own doing.",
                                     metrics::latency_edges(), {{"store", store}});
  for (const auto verdict :
       {reports::Verdict::pass, reports::Verdict::fail, reports::Verdict::inconclusive}) {
    verdict_counter(registry_, store, verdict);
  }
  for (const auto& target : plan_.targets) {
    registry_
        .gauge("yardmaster_loadgen_target_seconds", "The limit of a quantile.",
               {{"measurement", target.measurement},
                {"of_quantile", std::to_string(target.quantile).substr(0, 5)}})
        .Set(std::chrono::duration<double>(target.limit).count());
  }
}

bool RunMonitor::observe() {
  const RunPhase phase = run_.phase();
  const bool begins = phase == RunPhase::measuring && last_phase_ != phase;
  const bool ends = phase != RunPhase::measuring && last_phase_ == RunPhase::measuring;
  last_phase_ = phase;
  if (phase != RunPhase::preparing && lag_metric_ == nullptr) register_metrics();
  if (begins || ends) note_resources();
  if (begins) resources_ = {};
  if (phase != RunPhase::measuring) return false;
  const Offset at = run_.elapsed() - plan_.warmup;
  if (at - last_ < seconds(1)) return false;
  note_second(at);
  note_resources();
  return true;
}

// The usage is not read again here, since it is no longer that of the measured load: its end was
// noted when it came.
void RunMonitor::finish() {
  const Offset end = run_.measured();
  if (lag_metric_ == nullptr) register_metrics();
  if (end > last_) note_second(end);
  heat_.finish();
}

void RunMonitor::note_second(Offset at) {
  reports::SecondOfRun second;
  second.time_s = to_seconds(at);
  metrics::Histogram lag;
  for (auto& [name, watched] : watched_) {
    note_measurement(name, watched, last_, at - last_, second);
    const metrics::Histogram now = watched.log->lag_histogram();
    lag.merge(now);
    lag.subtract(watched.lag_before);
    watched.lag_before = now;
  }
  feed(*lag_metric_, lag);
  second.lag_p99_ms = to_milliseconds(lag.quantile(0.99));
  heat_.end_column();
  rate_.Set(static_cast<double>(second.counts["write"]) / to_seconds(at - last_));
  series_.push_back(std::move(second));
  last_ = at;
}

void RunMonitor::note_measurement(const std::string& name, Watched& watched, Offset from,
                                  Offset length, reports::SecondOfRun& second) {
  const metrics::Histogram now = watched.log->latency_histogram();
  metrics::Histogram fresh = now;
  fresh.subtract(watched.before);
  watched.before = now;
  second.counts[name] = fresh.count();
  heat_.add(name, fresh);
  if (fresh.count() == 0) return;
  second.p50_ms[name] = to_milliseconds(fresh.quantile(0.5));
  second.max_ms[name] = to_milliseconds(fresh.quantile(1));
  second.p99_ms[name] = to_milliseconds(fresh.quantile(0.99));
  feed(*watched.metric, fresh);
  log_.write(name, from, length, fresh);
}

// Adds up what was used since the last time, also when the coordinator was restarted in between.
void RunMonitor::note_resources() {
  const pid_t daemon = run_.daemon_pid();
  const double daemon_cpu = cpu_s_of(daemon);
  const double own_cpu = own_cpu_s() + run_.other_cpu_s();
  if (daemon != daemon_) daemon_cpu_before_ = 0;
  resources_.coordinator_cpu_s += std::max(daemon_cpu - daemon_cpu_before_, 0.0);
  resources_.loadgen_cpu_s += own_cpu - own_cpu_before_;
  resources_.coordinator_rss_bytes =
      std::max(resources_.coordinator_rss_bytes, resident_bytes_of(daemon));
  daemon_ = daemon;
  daemon_cpu_before_ = daemon_cpu;
  own_cpu_before_ = own_cpu;
}

ProgressView RunMonitor::view() const {
  ProgressView view;
  view.title =
      std::to_string(plan_.instances) + (plan_.instances == 1 ? " instance" : " instances");
  const RunPhase phase = run_.phase();
  view.phase = to_string(phase);
  if (phase == RunPhase::auditing) {
    view.detail = " (" + std::to_string(run_.audited()) + " looked up)";
  }
  const Offset end = plan_.warmup + plan_.longest();
  view.elapsed = std::min(run_.elapsed(), end);
  view.total = end;
  view.offered_per_s = plan_.offered_per_s();
  if (!series_.empty()) {
    const auto& last = series_.back();
    const double before = series_.size() > 1 ? series_[series_.size() - 2].time_s : 0;
    const auto found = last.counts.find("write");
    if (found != last.counts.end() && last.time_s > before) {
      view.achieved_per_s = static_cast<double>(found->second) / (last.time_s - before);
    }
  }
  for (const auto& [name, watched] : watched_) {
    ProgressRow row{.measurement = name,
                    .count = watched.before.count(),
                    .p99 = watched.before.quantile(0.99),
                    .limit = {}};
    for (const auto& target : plan_.targets) {
      if (target.measurement == name && target.quantile == 0.99) row.limit = target.limit;
    }
    view.rows.push_back(std::move(row));
  }
  return view;
}

}  // namespace yardmaster::loadgen
