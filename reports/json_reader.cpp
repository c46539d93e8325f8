#include "reports/json_reader.h"

#include <cmath>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"

namespace yardmaster::reports {
namespace {

using JsonValue = nlohmann::json;

// A value and where it stands, for messages. Reading an absent field changes nothing.
class Node {
 public:
  Node(const JsonValue* value, std::string path) : value_(value), path_(std::move(path)) {}

  Node operator[](const char* key) const {
    if (value_ == nullptr) return {nullptr, path_};
    require(value_->is_object(), "an object");
    const auto found = value_->find(key);
    const std::string path = path_.empty() ? key : path_ + "." + key;
    return {found == value_->end() ? nullptr : &*found, path};
  }

  bool present() const { return value_ != nullptr; }

  void to(std::string& out) const {
    if (value_ == nullptr) return;
    require(value_->is_string(), "a string");
    out = value_->get<std::string>();
  }
  void to(bool& out) const {
    if (value_ == nullptr) return;
    require(value_->is_boolean(), "true or false");
    out = value_->get<bool>();
  }
  // null is infinity, as the writer has it.
  void to(double& out) const {
    if (value_ == nullptr) return;
    require(value_->is_number() || value_->is_null(), "a number or null");
    out = value_->is_null() ? std::numeric_limits<double>::infinity() : value_->get<double>();
  }
  void to(std::uint64_t& out) const { to_whole(out); }
  void to(unsigned& out) const { to_whole(out); }
  void to(int& out) const { to_whole(out); }
  void to(Verdict& out) const {
    if (value_ == nullptr) return;
    require(value_->is_string(), "a verdict");
    const auto verdict = verdict_from(value_->get_ref<const std::string&>());
    require(verdict.has_value(), "pass, fail or inconclusive");
    out = *verdict;
  }

  template <typename Visit>
  void each_field(Visit visit) const {
    if (value_ == nullptr) return;
    require(value_->is_object(), "an object");
    for (const auto& [key, value] : value_->items()) visit(key, Node(&value, path_ + "." + key));
  }
  template <typename Visit>
  void each_element(Visit visit) const {
    if (value_ == nullptr) return;
    require(value_->is_array(), "an array");
    for (std::size_t i = 0; i < value_->size(); ++i) {
      visit(Node(&(*value_)[i], path_ + "[" + std::to_string(i) + "]"));
    }
  }

  void require(bool holds, const std::string& what) const {
    if (!holds) throw Error(ErrorCode::usage, "'" + path_ + "' is not " + what);
  }

 private:
  template <typename Whole>
  void to_whole(Whole& out) const {
    if (value_ == nullptr) return;
    require(value_->is_number_unsigned(), "a whole number");
    const auto number = value_->get<std::uint64_t>();
    require(std::in_range<Whole>(number), "a whole number of this size");
    out = static_cast<Whole>(number);
  }

  const JsonValue* value_;
  std::string path_;
};

void read(const Node& node, metrics::Quantiles& out) {
  node["p50"].to(out.p50);
  node["p90"].to(out.p90);
  node["p99"].to(out.p99);
  node["p999"].to(out.p999);
  node["max"].to(out.max);
  node["mean"].to(out.mean);
}

void read(const Node& node, Environment& out) {
  node["cpu"].to(out.cpu);
  node["cores"].to(out.cores);
  node["memory_bytes"].to(out.memory_bytes);
  node["kernel"].to(out.kernel);
  node["filesystem"].to(out.filesystem);
  node["sqlite_version"].to(out.sqlite_version);
  node["postgres_version"].to(out.postgres_version);
  node["compiler"].to(out.compiler);
  node["build_type"].to(out.build_type);
  node["fsync_ms"]["p50"].to(out.fsync_p50_ms);
  node["fsync_ms"]["p99"].to(out.fsync_p99_ms);
}

void read(const Node& node, Pause& out) {
  node["begin_s"].to(out.begin_s);
  node["end_s"].to(out.end_s);
}

void read(const Node& node, Validity& out) {
  read(node["schedule_lag_ms"], out.schedule_lag_ms);
  read(node["hiccup_ms"], out.hiccup_ms);
  node["pauses"].each_element([&](const Node& n) { read(n, out.pauses.emplace_back()); });
  node["coordinator_waits"].each_element(
      [&](const Node& n) { read(n, out.coordinator_waits.emplace_back()); });
  node["due"].to(out.due);
  node["begun"].to(out.begun);
  node["stolen_cpu_s"].to(out.stolen_cpu_s);
  node["reasons"].each_element([&](const Node& reason) { reason.to(out.reasons.emplace_back()); });
}

void read(const Node& node, std::vector<double>& out) {
  node.each_element([&](const Node& n) { n.to(out.emplace_back()); });
}

void read(const Node& node, Measurement& out) {
  node["count"].to(out.count);
  node["unanswered"].to(out.unanswered);
  read(node, out.latency_ms);
  read(node["service_ms"], out.service_ms);
  read(node["lag_ms"], out.lag_ms);
  node["p99_low"].to(out.p99_low_ms);
  node["p99_high"].to(out.p99_high_ms);
  node["effective_count"].to(out.effective_count);
  const Node distribution = node["distribution_ms"];
  read(distribution["latency"], out.latency_distribution_ms);
  read(distribution["service"], out.service_distribution_ms);
}

void read(const Node& node, std::map<std::string, double>& out) {
  node.each_field([&](const auto& key, const Node& n) { n.to(out[key]); });
}

void read(const Node& node, SecondOfRun& out) {
  node["time_s"].to(out.time_s);
  node["counts"].each_field([&](const auto& key, const Node& n) { n.to(out.counts[key]); });
  read(node["p50_ms"], out.p50_ms);
  read(node["p99_ms"], out.p99_ms);
  read(node["max_ms"], out.max_ms);
  node["lag_p99_ms"].to(out.lag_p99_ms);
}

void read(const Node& node, HeatMap::Column& out) {
  std::string text;
  node.to(text);
  if (text.empty()) return;
  std::istringstream words(text);
  char colon = 0;
  words >> out.lowest_row >> colon;
  for (std::uint64_t count = 0; words >> count;) out.counts.push_back(count);
  const bool fits = out.lowest_row + out.counts.size() <= HeatMap::rows;
  node.require(colon == ':' && words.eof() && fits, "a column of a heat map");
}

void read(const Node& node, HeatMap& out) {
  node["column_s"].to(out.column_s);
  node["columns"].each_field([&](const auto& key, const Node& list) {
    list.each_element([&](const Node& n) { read(n, out.columns[key].emplace_back()); });
  });
}

void read(const Node& node, Mark& out) {
  node["time_s"].to(out.time_s);
  node["kind"].to(out.kind);
  node["text"].to(out.text);
}

void read(const Node& node, MarginCount& out) {
  node["divisor"].to(out.divisor);
  node["over"].to(out.over);
  node["effective_count"].to(out.effective_count);
}

void read(const Node& node, Evidence& out) {
  node["count"].to(out.count);
  node["over_limit"].to(out.over_limit);
  node["effective_count"].to(out.effective_count);
  node["effective_at_limit"].to(out.effective_at_limit);
  node["effective_in_bulk"].to(out.effective_in_bulk);
  node["margins"].each_element([&](const Node& n) { read(n, out.margins.emplace_back()); });
  const Node undisturbed = node["undisturbed"];
  if (!undisturbed.present()) return;
  undisturbed["over_limit"].to(out.undisturbed_over.emplace());
  undisturbed["effective_count"].to(out.undisturbed_effective_count);
}

void read(const Node& node, TargetResult& out) {
  double limit_ms = 0;
  node["measurement"].to(out.target.measurement);
  node["quantile"].to(out.target.quantile);
  node["limit_ms"].to(limit_ms);
  node.require(limit_ms >= 0 && limit_ms < 9e12, "a target with a limit");
  out.target.limit = std::chrono::nanoseconds(std::llround(limit_ms * 1e6));
  read(node, static_cast<Evidence&>(out));
  node["verdict"].to(out.verdict);
  node["margin"].to(out.margin);
  node["disturbed"].to(out.disturbed);
  node["vouches_for_s"].to(out.vouches_for_s);
  node["reason"].to(out.reason);
  node["judged_quantile"].to(out.judged_quantile);
  if (out.judged_quantile == out.target.quantile) out.judged_quantile = 0;
}

void read(const Node& node, Audit& out) {
  node["acknowledged"].to(out.acknowledged);
  node["stored"].to(out.stored);
  node["lost"].to(out.lost);
  node["duplicated"].to(out.duplicated);
  node["out_of_order"].to(out.out_of_order);
  node["orphans"].to(out.orphans);
}

void read(const Node& node, LittlesLaw& out) {
  node["in_flight"].to(out.in_flight);
  node["answered_per_s"].to(out.answered_per_s);
  node["service_ms"].to(out.service_ms);
}

void read(const Node& node, RealInstances& out) {
  node["repository_files"].to(out.repository_files);
  node["kill_grace_ms"].to(out.kill_grace_ms);
  node["endings"].each_field([&](const auto& key, const Node& n) { n.to(out.endings[key]); });
  node["left"].each_element([&](const Node& n) { n.to(out.left.emplace_back()); });
  node["lost_work"].each_element([&](const Node& n) { n.to(out.lost_work.emplace_back()); });
}

void read(const Node& node, Check& out) {
  node["name"].to(out.name);
  node["value"].to(out.value);
  node["limit"].to(out.limit);
}

void read(const Node& node, Contention& out) {
  node["busy"].to(out.busy);
  node["retries"].to(out.retries);
  node["retry_ms"].to(out.retry_ms);
  node["lock_waits"].to(out.lock_waits);
  node["lock_wait_ms"].to(out.lock_wait_ms);
}

void read(const Node& node, Resources& out) {
  node["coordinator_rss_bytes"].to(out.coordinator_rss_bytes);
  node["coordinator_cpu_s"].to(out.coordinator_cpu_s);
  node["loadgen_cpu_s"].to(out.loadgen_cpu_s);
}

void read_conditions(const Node& node, Run& out) {
  node["scenario"].to(out.scenario);
  node["instances"].to(out.instances);
  node["interval_ms"].to(out.interval_ms);
  node["arrivals"].to(out.arrivals);
  node["duration_s"].to(out.duration_s);
  node["warmup_s"].to(out.warmup_s);
  node["store"].to(out.store);
  node["topology"].to(out.topology);
  node["transaction"].to(out.transaction);
  node["checkpoint_policy"].to(out.checkpoint_policy);
  node["durability"].to(out.durability);
  node["fsync_injected_ms"].to(out.fsync_injected_ms);
  node["seed"].to(out.seed);
  node["pair"].to(out.pair);
}

void read(const Node& node, DelayedFsync& out) {
  node["p50"].to(out.p50_ms);
  node["p99"].to(out.p99_ms);
  node["bare_p50"].to(out.bare_p50_ms);
  node["added"].to(out.added_ms);
  node["added_low"].to(out.added_low_ms);
  node["added_high"].to(out.added_high_ms);
}

void read(const Node& node, Run& out) {
  read_conditions(node, out);
  if (node["fsync_latency"].present()) node["fsync_latency"].to(out.fsync_latency);
  if (node["fsync_ms"].present()) read(node["fsync_ms"], out.delayed_fsync.emplace());
  node["verdict"].to(out.verdict);
  node["offered_per_s"].to(out.offered_per_s);
  node["achieved_per_s"].to(out.achieved_per_s);
  node["interrupted"].to(out.interrupted);
  node["looks"].to(out.looks);
  read(node["validity"], out.validity);
  node["measurements"].each_field(
      [&](const auto& key, const Node& n) { read(n, out.measurements[key]); });
  node["littles_law"].each_field(
      [&](const auto& key, const Node& n) { read(n, out.littles_law[key]); });
  read(node["checkpoint_frames"], out.checkpoint_frames);
  node["series"].each_element([&](const Node& n) { read(n, out.series.emplace_back()); });
  read(node["heat_map"], out.heat_map);
  node["marks"].each_element([&](const Node& n) { read(n, out.marks.emplace_back()); });
  node["targets"].each_element([&](const Node& n) { read(n, out.targets.emplace_back()); });
  node["checks"].each_element([&](const Node& n) { read(n, out.checks.emplace_back()); });
  read(node["audit"], out.audit);
  node["errors"].each_field([&](const auto& key, const Node& n) { n.to(out.errors[key]); });
  node["pg_stat_bgwriter"].each_field(
      [&](const auto& key, const Node& n) { n.to(out.server_statistics[key]); });
  if (node["contention"].present()) read(node["contention"], out.contention.emplace());
  if (node["real_instances"].present()) read(node["real_instances"], out.real_instances.emplace());
  node["warnings"].each_element([&](const Node& n) { n.to(out.warnings.emplace_back()); });
  read(node["resources"], out.resources);
}

void read(const Node& node, DecisionSummary& out) {
  node["store"].to(out.store);
  node["recorded"].to(out.recorded);
  node["agrees"].to(out.agrees);
  node["reason"].to(out.reason);
}

JsonValue parse(std::string_view text) {
  try {
    return parse_json(text);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::too_deep) throw Error(ErrorCode::usage, error.what());
    throw Error(ErrorCode::usage, "not JSON");
  }
}

}  // namespace

Report from_json(std::string_view text) {
  const JsonValue json = parse(text);
  if (!json.is_object() || !json.contains("schema")) {
    throw Error(ErrorCode::usage, "not a report: it has no 'schema'");
  }
  if (json["schema"] != 1) {
    throw Error(ErrorCode::usage, "its schema is " + json["schema"].dump() + ", this reads 1");
  }
  const Node root(&json, "");
  Report report;
  root["command"].to(report.command);
  read(root["environment"], report.environment);
  root["runs"].each_element([&](const Node& n) { read(n, report.runs.emplace_back()); });
  if (root["missing_runs"].present()) root["missing_runs"].to(report.missing_runs);
  if (root["decision"].present() && !json["decision"].is_null()) {
    read(root["decision"], report.decision.emplace());
  }
  return report;
}

}  // namespace yardmaster::reports
