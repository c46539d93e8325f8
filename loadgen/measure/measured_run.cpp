#include "loadgen/measure/measured_run.h"

#include <algorithm>

#include "reports/statistics.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::steady_clock;

std::vector<Offset> boundaries_of(const LoadPlan& plan) {
  std::vector<Offset> boundaries;
  if (plan.duration) return {plan.warmup + *plan.duration};
  for (const auto& look : reports::planned_looks()) {
    const double length = look.fraction * static_cast<double>(plan.max_duration.count());
    boundaries.push_back(plan.warmup + Offset(static_cast<std::int64_t>(length)));
  }
  return boundaries;
}

}  // namespace

MeasuredRun::MeasuredRun(const LoadPlan& plan) : plan_(plan), boundaries_(boundaries_of(plan)) {}

void MeasuredRun::add_log(const std::string& measurement) {
  logs_[measurement] = std::make_unique<MeasurementLog>(plan_.warmup, boundaries_);
}

Offset MeasuredRun::elapsed() const {
  const auto start = start_ns_.load();
  if (start == 0) return Offset::zero();
  return std::max(steady_clock::now().time_since_epoch() - Offset(start), Offset::zero());
}

void MeasuredRun::start_at(SteadyTime start) {
  start_ = start;
  start_ns_ = start.time_since_epoch().count();
  phase_ = RunPhase::warming_up;
}

void MeasuredRun::begin_measuring_itself() {
  phase_ = RunPhase::measuring;
  pauses_.reset();
  cpu_waits_.reset();
  self_check_.reset();
}

void MeasuredRun::end_measuring(SteadyTime end) {
  const Offset at = std::min(steady_clock::now(), end) - start_;
  measured_ = std::max(at - plan_.warmup, Offset::zero());
  validity_ = validity();
  phase_ = RunPhase::draining;
}

// The pauses until here count, since a late answer may have been read late, too.
void MeasuredRun::begin_audit() {
  cpu_waits_.settle(steady_clock::now());
  validity_.pauses = pauses_.since(start_);
  validity_.coordinator_waits = cpu_waits_.since(start_);
  count_requests(validity_);
  phase_ = RunPhase::auditing;
}

reports::Validity MeasuredRun::validity() const {
  if (phase_.load() > RunPhase::measuring) return validity_;
  reports::Validity validity;
  metrics::Histogram lag;
  for (const auto& [name, log] : logs_) lag.merge(log->lag_histogram());
  validity.schedule_lag_ms = lag.quantiles();
  validity.hiccup_ms = self_check_.hiccups().quantiles();
  validity.stolen_cpu_s = self_check_.stolen_cpu_s();
  validity.pauses = pauses_.since(start_);
  validity.coordinator_waits = cpu_waits_.since(start_);
  count_requests(validity);
  return validity;
}

// A request that goes out while this counts may be missing in the first number, but never in the
// second alone.
void MeasuredRun::count_requests(reports::Validity& validity) const {
  validity.due = 0;
  validity.begun = 0;
  for (const auto& [name, log] : logs_) {
    if (!has_intended_time(name)) continue;
    validity.due += log->due();
    validity.begun += log->sent();
  }
}

}  // namespace yardmaster::loadgen
