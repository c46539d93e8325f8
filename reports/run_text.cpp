#include "reports/run_text.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "coordinator/base/duration.h"
#include "reports/figure_text.h"

namespace yardmaster::reports {
namespace {

std::string mebibytes(std::uint64_t bytes) {
  return decimals(static_cast<double>(bytes) / (1024 * 1024), 1) + " MiB";
}

std::string interval_of(const Measurement& measurement) {
  if (measurement.effective_count <= 0) return "-";
  const bool bounded = std::isfinite(measurement.p99_high_ms);
  return milliseconds(measurement.p99_low_ms) + " .. " +
         (bounded ? milliseconds(measurement.p99_high_ms) : "?");
}

std::string p99(const metrics::Quantiles& quantiles) {
  return "P99 " + milliseconds(quantiles.p99) + " ms";
}

std::string with(const std::string& value, const char* after) {
  return value.empty() ? "" : value + after;
}

std::string with(const char* before, const std::string& value) {
  return value.empty() ? "" : before + value;
}

// Writes up to four decimals, without the zeros at the end.
std::string shortest(double value) {
  std::string text = decimals(value, 4);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

bool is_closed_loop(const Run& run) { return run.arrivals == "closed-loop"; }

}  // namespace

TextTable measurement_table(const Run& run) {
  TextTable table({{"ms", Align::left},
                   {"count"},
                   {"P50"},
                   {"P90"},
                   {"P99"},
                   {"P99.9"},
                   {"max"},
                   {"service"},
                   {"95% of P99"}});
  for (const auto& [name, from] : run.measurements) {
    const metrics::Quantiles& q = from.latency_ms;
    table.add({name, grouped(from.count), milliseconds(q.p50), milliseconds(q.p90),
               milliseconds(q.p99), milliseconds(q.p999), milliseconds(q.max),
               milliseconds(from.service_ms.p99), interval_of(from)});
  }
  return table;
}

TextTable target_table(const Run& run, const std::function<std::string(Verdict)>& show) {
  TextTable table(
      {{"target", Align::left}, {"limit"}, {"over the limit"}, {"verdict", Align::left}});
  for (const TargetResult& result : run.targets) {
    table.add({result_name(result), format_duration(result.target.limit),
               grouped(result.over_limit) + " of " + grouped(result.count), show(result.verdict)});
  }
  return table;
}

std::string title_of(const Run& run) {
  const std::string instances =
      grouped(run.instances) + (run.instances == 1 ? " instance" : " instances");
  const bool writes = run.arrivals != "none";
  const bool has_interval = run.interval_ms > 0 && writes && !is_closed_loop(run);
  const std::string every = has_interval ? "every " + milliseconds(run.interval_ms) + " ms" : "";
  const std::string duration = decimals(run.duration_s, 1) + " s";
  return with(run.scenario, ": ") +
         joined({instances, every, writes ? run.arrivals : "no writes", duration});
}

std::string injected_fsync_of(const Run& run) {
  if (run.fsync_injected_ms <= 0) return "";
  return run.fsync_latency.empty() ? milliseconds(run.fsync_injected_ms) + " ms"
                                   : run.fsync_latency;
}

std::string delayed_fsync_of(const Run& run) {
  if (!run.delayed_fsync) return "";
  const DelayedFsync& found = *run.delayed_fsync;
  return "fdatasync of the store: P50 " + milliseconds(found.p50_ms) + " ms, P99 " +
         milliseconds(found.p99_ms) + " ms, which is " +
         milliseconds(std::max(found.added_ms, 0.0)) + " ms over the disk's P50 " +
         milliseconds(found.bare_p50_ms) + " ms";
}

std::string conditions_of(const Run& run) {
  return joined({run.store, with(run.topology, " topology"), run.transaction,
                 with(run.checkpoint_policy, " checkpoints"), with(run.durability, " durability"),
                 with(injected_fsync_of(run), " added to each fsync"),
                 "seed " + std::to_string(run.seed)});
}

std::string rate_of(const Run& run) {
  if (run.arrivals == "none") return run.interrupted ? "ended early by an interrupt" : "";
  const std::string offered =
      is_closed_loop(run) ? "closed loop" : "offered " + decimals(run.offered_per_s, 1) + "/s";
  return offered + ", achieved " + decimals(run.achieved_per_s, 1) + "/s" +
         (run.interrupted ? ", ended early by an interrupt" : "");
}

std::string self_check_of(const Run& run) {
  return "self-check: schedule lag " + p99(run.validity.schedule_lag_ms) + ", hiccup " +
         p99(run.validity.hiccup_ms) + ", CPU stolen by the host " +
         decimals(run.validity.stolen_cpu_s, 2) + " s";
}

std::string littles_law_of(const Run& run) {
  if (run.littles_law.empty()) return "";
  double in_flight = 0;
  const auto* worst = &*run.littles_law.begin();
  for (const auto& each : run.littles_law) {
    in_flight += each.second.in_flight;
    const bool is_worse = std::abs(each.second.difference()) > std::abs(worst->second.difference());
    if (is_worse) worst = &each;
  }
  return "Little's law: " + decimals(in_flight, 2) +
         " requests in flight, and the samples' rate times their mean differs by at most " +
         decimals(100 * std::abs(worst->second.difference()), 1) + "% (" + worst->first + ")";
}

std::string checkpoint_frames_of(const Run& run) {
  const metrics::Quantiles& frames = run.checkpoint_frames;
  if (frames.max <= 0) return "";
  const auto whole = [](double value) {
    return grouped(static_cast<std::uint64_t>(std::llround(value)));
  };
  return "frames per checkpoint: P50 " + whole(frames.p50) + ", P99 " + whole(frames.p99) +
         ", max " + whole(frames.max);
}

std::string audit_of(const Run& run) {
  const Audit& audit = run.audit;
  return "audit: " + grouped(audit.acknowledged) + " acknowledged, " + grouped(audit.stored) +
         " stored, " + grouped(audit.lost) + " lost, " + grouped(audit.duplicated) +
         " duplicated, " + grouped(audit.out_of_order) + " out of order" +
         (run.real_instances ? ", " + grouped(audit.orphans) + " orphans" : "");
}

std::string real_instances_of(const Run& run) {
  if (!run.real_instances) return "";
  const RealInstances& real = *run.real_instances;
  std::vector<std::string> endings;
  endings.reserve(real.endings.size());
  for (const auto& [way, count] : real.endings) endings.push_back(way + " " + grouped(count));
  return "real instances: a repository of " + grouped(real.repository_files) +
         " files, kill grace " + milliseconds(real.kill_grace_ms) + " ms" +
         with("; ended by ", joined(endings));
}

std::vector<std::string> checks_of(const Run& run) {
  std::vector<std::string> lines;
  for (const Check& check : run.checks) {
    std::string name = check.name;
    std::replace(name.begin(), name.end(), '_', ' ');
    lines.push_back(name + ": " + shortest(check.value) + ", limit " + shortest(check.limit) +
                    (check.holds() ? ": pass" : ": fail"));
  }
  return lines;
}

std::string errors_of(const Run& run) {
  std::vector<std::string> parts;
  parts.reserve(run.errors.size());
  for (const auto& [code, count] : run.errors) parts.push_back(code + " " + grouped(count));
  return with("errors: ", joined(parts));
}

std::string server_statistics_of(const Run& run) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : run.server_statistics) {
    if (count > 0) parts.push_back(name + " " + grouped(count));
  }
  return with("pg_stat_bgwriter: ", joined(parts));
}

std::string contention_of(const Run& run) {
  if (!run.contention) return "";
  const Contention& met = *run.contention;
  const auto total = [](double ms) { return decimals(ms, 1) + " ms"; };
  return "contention: " + grouped(met.busy) + " busy errors, " + grouped(met.retries) +
         " retries in " + total(met.retry_ms) + "; " + grouped(met.lock_waits) +
         " waits for a lock in " + total(met.lock_wait_ms);
}

std::string resources_of(const Run& run) {
  const Resources& used = run.resources;
  if (run.topology == "direct") {
    return "instances and loadgen: " + decimals(used.loadgen_cpu_s, 2) + " s CPU";
  }
  return "coordinator: " + mebibytes(used.coordinator_rss_bytes) + " resident, " +
         decimals(used.coordinator_cpu_s, 2) +
         " s CPU; loadgen: " + decimals(used.loadgen_cpu_s, 2) + " s CPU";
}

std::string missing_runs_of(const Report& report) {
  if (report.missing_runs == 0) return "";
  return grouped(report.missing_runs) + (report.missing_runs == 1 ? " run" : " runs") +
         " of those planned did not take place";
}

std::string machine_of(const Environment& environment) {
  const auto gibibytes = static_cast<double>(environment.memory_bytes) / (1024.0 * 1024 * 1024);
  return joined({environment.cpu,
                 std::to_string(environment.cores) + (environment.cores == 1 ? " core" : " cores"),
                 decimals(gibibytes, 1) + " GiB", with("Linux ", environment.kernel),
                 environment.filesystem,
                 "fdatasync P50 " + milliseconds(environment.fsync_p50_ms) + " ms, P99 " +
                     milliseconds(environment.fsync_p99_ms) + " ms"});
}

std::string software_of(const Environment& environment) {
  return joined({with("SQLite ", environment.sqlite_version),
                 with("PostgreSQL ", environment.postgres_version), environment.compiler,
                 with(environment.build_type, " build")});
}

std::vector<std::string> reasons_of(const Run& run) {
  std::vector<std::string> lines;
  for (const TargetResult& result : run.targets) {
    if (result.verdict == Verdict::pass) continue;
    lines.push_back(target_name(result.target) + ": " + result.reason);
  }
  if (!run.audit.clean()) lines.emplace_back("the audit is not clean, which fails the run");
  if (run.real_instances) {
    for (const std::string& left : run.real_instances->left) lines.push_back("orphan: " + left);
    for (const std::string& lost : run.real_instances->lost_work) {
      lines.push_back("lost work: " + lost);
    }
  }
  if (run.interrupted && run.verdict == Verdict::inconclusive) {
    lines.emplace_back("ended early by an interrupt, so that it cannot pass");
  }
  if (run.targets.empty() && run.checks.empty()) lines.emplace_back("no target was measured");
  return lines;
}

std::vector<std::string> grounds_of(const Run& run) {
  std::vector<std::string> by_margin;
  std::vector<std::string> lines;
  std::map<double, std::vector<std::string>> vouched;  // targets by the length of stalls
  for (const TargetResult& result : run.targets) {
    if (result.verdict != Verdict::pass) continue;
    const std::string name = result_name(result);
    vouched[result.vouches_for_s].push_back(name);
    if (result.margin == 0) continue;
    by_margin.push_back(name + " (1/" + std::to_string(result.margin) + " of the limit)");
  }
  if (!by_margin.empty()) {
    lines.push_back("passes by margin: " + joined(by_margin) +
                    ": nothing over the limit and little over that part of it, which is enough if "
                    "no tail in between is heavier than Pareto 0.5");
  }
  for (const auto& [stall_s, names] : vouched) {
    if (stall_s <= 0) continue;
    lines.push_back("vouches for stalls of up to " + decimals(stall_s, 2) + " s (" + joined(names) +
                    "); longer and rarer ones need a longer run");
  }
  return lines;
}

}  // namespace yardmaster::reports
