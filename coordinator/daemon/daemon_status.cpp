#include "coordinator/daemon/daemon_status.h"

#include <unistd.h>

#include "coordinator/base/duration.h"
#include "coordinator/daemon/daemon_metrics.h"

namespace yardmaster {

nlohmann::json status_of(const Config& config, const YardRecord& yard, const StoreFacts& store,
                         const ReconcileReport& reconciled) {
  const ProcessUsage usage = process_usage();
  const RecoveryReport& report = store.recovery;
  return {{"pid", ::getpid()},
          {"version", YARDMASTER_VERSION},
          {"yard", yard_name(yard.id)},
          {"state_dir", config.state_dir},
          {"runtime_dir", config.runtime_dir},
          {"store",
           {{"engine", store.engine},
            {"version", store.version},
            {"path", store.location},
            {"log_frames", store.log_frames},
            {"checkpoint_policy", config.checkpoint_policy}}},
          {"rss_bytes", usage.resident_bytes},
          {"cpu_s", usage.cpu_seconds},
          {"recovery",
           {{"clean", report.clean},
            {"contexts", report.contexts},
            {"tail_entries", report.tail_entries},
            {"duration_ms", to_milliseconds(report.duration)},
            {"instances",
             {{"taken_up", reconciled.adopted},
              {"ended", reconciled.ended},
              {"rolled_back", reconciled.rolled_back},
              {"unknown", reconciled.unknown}}}}}};
}

void log_recovery(const DaemonLog& log, const StoreFacts& store,
                  const ReconcileReport& reconciled) {
  const RecoveryReport& report = store.recovery;
  const double took_ms = to_milliseconds(report.duration);
  if (report.clean) {
    log->info("{} {}: the last stop was orderly; {} contexts, loaded in {:.1f} ms", store.engine,
              store.version, report.contexts, took_ms);
  } else {
    log->warn(
        "{} {}: recovered from a stop that was not orderly: {} contexts, {} entries read "
        "again in {:.1f} ms",
        store.engine, store.version, report.contexts, report.tail_entries, took_ms);
  }
  log->info("instances: {} taken up, {} ended meanwhile, {} allocations rolled back, {} unknown",
            reconciled.adopted, reconciled.ended, reconciled.rolled_back, reconciled.unknown);
}

}  // namespace yardmaster
