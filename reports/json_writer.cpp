#include "reports/json_writer.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "coordinator/base/duration.h"
#include "reports/figure_text.h"

namespace yardmaster::reports {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::round(value * 1e6) / 1e6;
}

Json quantiles(const metrics::Quantiles& values) {
  return {{"p50", number(values.p50)}, {"p90", number(values.p90)},
          {"p99", number(values.p99)}, {"p999", number(values.p999)},
          {"max", number(values.max)}, {"mean", number(values.mean)}};
}

Json environment(const Environment& from) {
  return {{"cpu", from.cpu},
          {"cores", from.cores},
          {"memory_bytes", from.memory_bytes},
          {"kernel", from.kernel},
          {"filesystem", from.filesystem},
          {"sqlite_version", from.sqlite_version},
          {"postgres_version", from.postgres_version},
          {"compiler", from.compiler},
          {"build_type", from.build_type},
          {"fsync_ms", {{"p50", number(from.fsync_p50_ms)}, {"p99", number(from.fsync_p99_ms)}}}};
}

Json pauses(const std::vector<Pause>& from) {
  Json json = Json::array();
  for (const Pause& pause : from) {
    json.push_back({{"begin_s", number(pause.begin_s)}, {"end_s", number(pause.end_s)}});
  }
  return json;
}

Json validity(const Validity& from) {
  return {{"schedule_lag_ms", quantiles(from.schedule_lag_ms)},
          {"hiccup_ms", quantiles(from.hiccup_ms)},
          {"pauses", pauses(from.pauses)},
          {"coordinator_waits", pauses(from.coordinator_waits)},
          {"due", from.due},
          {"begun", from.begun},
          {"stolen_cpu_s", number(from.stolen_cpu_s)},
          {"reasons", from.reasons}};
}

Json numbers(const std::vector<double>& from) {
  Json json = Json::array();
  for (const double value : from) json.push_back(number(value));
  return json;
}

Json by_measurement(const std::map<std::string, double>& from) {
  Json json = Json::object();
  for (const auto& [name, value] : from) json[name] = number(value);
  return json;
}

Json measurement(const Measurement& from) {
  Json json{{"count", from.count}};
  json.update(quantiles(from.latency_ms));
  json["p99_low"] = number(from.p99_low_ms);
  json["p99_high"] = number(from.p99_high_ms);
  json["service_ms"] = quantiles(from.service_ms);
  if (from.lag_ms.max > 0) json["lag_ms"] = quantiles(from.lag_ms);
  json["effective_count"] = number(from.effective_count);
  json["unanswered"] = from.unanswered;
  if (from.latency_distribution_ms.empty()) return json;
  json["distribution_ms"] = {{"latency", numbers(from.latency_distribution_ms)},
                             {"service", numbers(from.service_distribution_ms)}};
  return json;
}

Json littles_law(const std::map<std::string, LittlesLaw>& from) {
  Json json = Json::object();
  for (const auto& [name, law] : from) {
    json[name] = {{"in_flight", number(law.in_flight)},
                  {"answered_per_s", number(law.answered_per_s)},
                  {"service_ms", number(law.service_ms)},
                  {"difference", number(law.difference())}};
  }
  return json;
}

Json measurements(const std::map<std::string, Measurement>& from) {
  Json json = Json::object();
  for (const auto& [name, values] : from) json[name] = measurement(values);
  return json;
}

Json series(const std::vector<SecondOfRun>& from) {
  Json json = Json::array();
  for (const SecondOfRun& second : from) {
    json.push_back({{"time_s", number(second.time_s)},
                    {"counts", Json(second.counts)},
                    {"p50_ms", by_measurement(second.p50_ms)},
                    {"p99_ms", by_measurement(second.p99_ms)},
                    {"max_ms", by_measurement(second.max_ms)},
                    {"lag_p99_ms", number(second.lag_p99_ms)}});
  }
  return json;
}

// A column is one text, since as a list it would take a line for each number: the lowest row, and
// the counts from there on.
std::string column(const HeatMap::Column& from) {
  if (from.counts.empty()) return "";
  std::string text = std::to_string(from.lowest_row) + ":";
  for (const std::uint64_t count : from.counts) text += " " + std::to_string(count);
  return text;
}

Json heat_map(const HeatMap& from) {
  Json columns = Json::object();
  for (const auto& [name, list] : from.columns) {
    Json texts = Json::array();
    for (const auto& each : list) texts.push_back(column(each));
    columns[name] = std::move(texts);
  }
  return {{"column_s", number(from.column_s)},
          {"lowest_ms", HeatMap::lowest_ms},
          {"rows_per_decade", HeatMap::per_decade},
          {"columns", std::move(columns)}};
}

Json marks(const std::vector<Mark>& from) {
  Json json = Json::array();
  for (const Mark& mark : from) {
    json.push_back({{"time_s", number(mark.time_s)}, {"kind", mark.kind}, {"text", mark.text}});
  }
  return json;
}

Json margins(const std::vector<MarginCount>& from) {
  Json json = Json::array();
  for (const MarginCount& margin : from) {
    json.push_back({{"divisor", margin.divisor},
                    {"over", margin.over},
                    {"effective_count", number(margin.effective_count)}});
  }
  return json;
}

// What it takes to judge several runs as one.
void add_evidence(Json& json, const Evidence& from) {
  json["effective_at_limit"] = number(from.effective_at_limit);
  json["effective_in_bulk"] = number(from.effective_in_bulk);
  json["margins"] = margins(from.margins);
  if (!from.undisturbed_over) return;
  json["undisturbed"] = {{"over_limit", *from.undisturbed_over},
                         {"effective_count", number(from.undisturbed_effective_count)}};
}

Json target(const TargetResult& result) {
  Json json{{"measurement", result.target.measurement},
            {"quantile", number(result.target.quantile)},
            {"limit_ms", number(to_milliseconds(result.target.limit))},
            {"count", result.count},
            {"over_limit", result.over_limit},
            {"effective_count", number(result.effective_count)},
            {"verdict", to_string(result.verdict)},
            {"margin", result.margin},
            {"disturbed", result.disturbed},
            {"vouches_for_s", number(result.vouches_for_s)},
            {"judged_quantile", number(judged_quantile_of(result))},
            {"reason", result.reason}};
  add_evidence(json, result);
  return json;
}

Json targets(const std::vector<TargetResult>& from) {
  Json json = Json::array();
  for (const TargetResult& result : from) json.push_back(target(result));
  return json;
}

Json audit(const Run& run) {
  const Audit& from = run.audit;
  Json json{{"acknowledged", from.acknowledged},
            {"stored", from.stored},
            {"lost", from.lost},
            {"duplicated", from.duplicated},
            {"out_of_order", from.out_of_order}};
  if (run.real_instances) json["orphans"] = from.orphans;
  return json;
}

Json real_instances(const RealInstances& from) {
  return {{"repository_files", from.repository_files},
          {"kill_grace_ms", number(from.kill_grace_ms)},
          {"endings", Json(from.endings)},
          {"left", from.left},
          {"lost_work", from.lost_work}};
}

Json checks(const std::vector<Check>& from) {
  Json json = Json::array();
  for (const Check& check : from) {
    const Verdict verdict = check.holds() ? Verdict::pass : Verdict::fail;
    json.push_back({{"name", check.name},
                    {"value", number(check.value)},
                    {"limit", number(check.limit)},
                    {"verdict", to_string(verdict)}});
  }
  return json;
}

Json contention(const Contention& from) {
  return {{"busy", from.busy},
          {"retries", from.retries},
          {"retry_ms", number(from.retry_ms)},
          {"lock_waits", from.lock_waits},
          {"lock_wait_ms", number(from.lock_wait_ms)}};
}

Json resources(const Resources& from) {
  return {{"coordinator_rss_bytes", from.coordinator_rss_bytes},
          {"coordinator_cpu_s", number(from.coordinator_cpu_s)},
          {"loadgen_cpu_s", number(from.loadgen_cpu_s)}};
}

Json conditions(const Run& run) {
  return {{"scenario", run.scenario},
          {"instances", run.instances},
          {"interval_ms", number(run.interval_ms)},
          {"arrivals", run.arrivals},
          {"duration_s", number(run.duration_s)},
          {"warmup_s", number(run.warmup_s)},
          {"store", run.store},
          {"topology", run.topology},
          {"transaction", run.transaction},
          {"checkpoint_policy", run.checkpoint_policy},
          {"durability", run.durability},
          {"fsync_injected_ms", number(run.fsync_injected_ms)},
          {"seed", run.seed},
          {"pair", run.pair}};
}

Json delayed_fsync(const DelayedFsync& from) {
  return {{"p50", number(from.p50_ms)},
          {"p99", number(from.p99_ms)},
          {"bare_p50", number(from.bare_p50_ms)},
          {"added", number(from.added_ms)},
          {"added_low", number(from.added_low_ms)},
          {"added_high", number(from.added_high_ms)}};
}

Json one_run(const Run& run) {
  Json json = conditions(run);
  if (!run.fsync_latency.empty()) json["fsync_latency"] = run.fsync_latency;
  if (run.delayed_fsync) json["fsync_ms"] = delayed_fsync(*run.delayed_fsync);
  json["verdict"] = to_string(run.verdict);
  json["offered_per_s"] = number(run.offered_per_s);
  json["achieved_per_s"] = number(run.achieved_per_s);
  json["interrupted"] = run.interrupted;
  json["looks"] = run.looks;
  json["validity"] = validity(run.validity);
  json["measurements"] = measurements(run.measurements);
  if (!run.littles_law.empty()) json["littles_law"] = littles_law(run.littles_law);
  json["checkpoint_frames"] = quantiles(run.checkpoint_frames);
  json["series"] = series(run.series);
  if (!run.heat_map.columns.empty()) json["heat_map"] = heat_map(run.heat_map);
  if (!run.marks.empty()) json["marks"] = marks(run.marks);
  json["targets"] = targets(run.targets);
  if (!run.checks.empty()) json["checks"] = checks(run.checks);
  json["audit"] = audit(run);
  json["errors"] = Json(run.errors);
  if (!run.server_statistics.empty()) json["pg_stat_bgwriter"] = Json(run.server_statistics);
  if (run.contention) json["contention"] = contention(*run.contention);
  if (run.real_instances) json["real_instances"] = real_instances(*run.real_instances);
  json["warnings"] = run.warnings;
  json["resources"] = resources(run.resources);
  return json;
}

}  // namespace

std::string to_json(const Report& report) {
  Json json{{"schema", 1},
            {"verdict", to_string(report.verdict())},
            {"environment", environment(report.environment)}};
  if (!report.command.empty()) json["command"] = report.command;
  json["runs"] = Json::array();
  for (const Run& run : report.runs) json["runs"].push_back(one_run(run));
  if (report.missing_runs > 0) json["missing_runs"] = report.missing_runs;
  if (report.decision) {
    json["decision"] = {{"store", report.decision->store},
                        {"recorded", report.decision->recorded},
                        {"agrees", report.decision->agrees},
                        {"reason", report.decision->reason}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace yardmaster::reports
