#include "loadgen/run/run_description.h"

#include <chrono>
#include <string>

#include "coordinator/base/duration.h"
#include "coordinator/base/store_kind.h"
#include "reports/statistics.h"

namespace yardmaster::loadgen {

void describe_plan(const LoadPlan& plan, const DaemonFacts& daemon, reports::Run& run) {
  run.scenario = plan.scenario;
  run.instances = plan.instances;
  run.interval_ms = std::chrono::duration<double, std::milli>(plan.interval).count();
  run.arrivals = plan.arrivals_name();
  run.warmup_s = std::chrono::duration<double>(plan.warmup).count();
  run.store = daemon.store.empty() ? std::string(to_string(plan.store)) : daemon.store;
  run.topology = plan.topology == Topology::direct ? "direct" : "broker";
  run.transaction = plan.transaction ? to_string(*plan.transaction) : "append";
  run.checkpoint_policy =
      daemon.checkpoint_policy.empty() ? plan.checkpoint_policy : daemon.checkpoint_policy;
  run.durability = plan.durability == Durability::power ? "power" : "process";
  run.fsync_injected_ms = to_milliseconds(plan.fsync_latency.median());
  run.fsync_latency = plan.fsync_latency.text();
  run.seed = plan.seed;
  run.pair = plan.pair;
  run.offered_per_s = plan.offered_per_s();
}

reports::Run run_so_far(const LoadPlan& plan, const MeasuredRun& load, const RunMonitor& monitor) {
  reports::Run run;
  describe_plan(plan, load.daemon(), run);
  run.duration_s = monitor.series().empty() ? 0 : monitor.series().back().time_s;
  run.series = monitor.series();
  run.heat_map = monitor.heat_map();
  run.resources = monitor.resources();
  run.validity = load.validity();
  for (const auto& [name, log] : load.logs()) {
    if (log->latency_histogram().count() == 0) continue;
    auto& measurement = run.measurements[name] = reports::summarize(log->latency_histogram());
    const auto service = reports::summarize(log->service_histogram());
    measurement.service_ms = service.latency_ms;
    measurement.service_distribution_ms = service.latency_distribution_ms;
    measurement.lag_ms = log->lag_histogram().quantiles();
  }
  const auto write = load.logs().find("write");
  if (write != load.logs().end() && run.duration_s > 0) {
    run.achieved_per_s = static_cast<double>(write->second->finished()) / run.duration_s;
  }
  for (const reports::Target& target : plan.targets) {
    const auto found = load.logs().find(target.measurement);
    if (found == load.logs().end()) continue;
    reports::TargetResult result;
    result.target = target;
    result.count = found->second->latency_histogram().count();
    result.over_limit = found->second->latency_histogram().count_above(target.limit);
    result.reason = "not judged yet: the run goes on";
    run.targets.push_back(result);
  }
  return run;
}

}  // namespace yardmaster::loadgen
