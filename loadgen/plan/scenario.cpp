#include "loadgen/plan/scenario.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/base/store_kind.h"
#include "loadgen/plan/direct_plan.h"
#include "loadgen/plan/field_reader.h"
#include "loadgen/plan/real_plan.h"
#include "loadgen/plan/workload_fields.h"
#include "reports/decision.h"
#include "reports/judgement.h"

namespace yardmaster::loadgen {
namespace {

using nlohmann::json;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint64_t most_instances = 1'000'000;

// A run on several stores has a fixed length, since it is judged together with its pairs.
constexpr std::chrono::seconds default_paired_duration{30};
constexpr std::uint64_t fewest_pairs = 3;

// A run with its lists of instance numbers and stores, which becomes as many plans.
struct Draft {
  LoadPlan plan;
  std::vector<std::uint64_t> instances{25};
  std::vector<StoreKind> stores{default_store};
  std::uint64_t pairs = fewest_pairs;
  std::optional<std::uint64_t> writes_each;
  bool may_end_early = false;  // asked for by name
};

void read_instances(FieldReader& fields, std::vector<std::uint64_t>& instances) {
  const auto* found = fields.find("instances");
  if (found == nullptr) return;
  const json list = found->is_array() ? *found : json::array({*found});
  if (list.empty()) fields.refuse("instances", "must name at least one number of instances");
  instances.clear();
  for (const auto& item : list) {
    const bool fits = item.is_number_unsigned() && item.get<std::uint64_t>() >= 1 &&
                      item.get<std::uint64_t>() <= most_instances;
    if (!fits) {
      fields.refuse("instances", "must be whole numbers from 1 to " +
                                     std::to_string(most_instances) + ", not " + item.dump());
    }
    instances.push_back(item.get<std::uint64_t>());
  }
}

void read_stores(FieldReader& fields, Draft& draft) {
  fields.read_count("pairs", draft.pairs, fewest_pairs, 100);
  const auto* found = fields.find("store");
  if (found == nullptr) return;
  const json list = found->is_array() ? *found : json::array({*found});
  if (list.empty()) fields.refuse("store", "must name at least one store");
  draft.stores.clear();
  for (const auto& item : list) {
    const std::string name = item.is_string() ? item.get<std::string>() : std::string();
    const auto store = store_kind_from(name);
    if (!store) fields.refuse("store", item.dump() + " is not " + store_choice());
    if (std::find(draft.stores.begin(), draft.stores.end(), *store) != draft.stores.end()) {
      fields.refuse("store", "names " + name + " twice");
    }
    draft.stores.push_back(*store);
  }
}

void read_durations(FieldReader& fields, Draft& draft) {
  auto& plan = draft.plan;
  fields.read_duration("interval", plan.interval, microseconds(100));
  fields.read_duration("warmup", plan.warmup, milliseconds(0));
  if (fields.find("max_duration") != nullptr) {
    fields.read_duration("max_duration", plan.max_duration, milliseconds(400));
    plan.duration.reset();
    draft.writes_each.reset();
    draft.may_end_early = true;
  }
  if (fields.find("duration") != nullptr) {
    plan.duration.emplace();
    draft.may_end_early = false;
    fields.read_duration("duration", *plan.duration, milliseconds(100));
    draft.writes_each.reset();
  }
  if (fields.find("vouch_for") != nullptr) {
    std::chrono::nanoseconds stall{};
    fields.read_duration("vouch_for", stall, milliseconds(1));
    const double runs = reports::stalls_in_a_run(0.99, reports::only_look().alpha);
    plan.duration = stall * static_cast<std::int64_t>(runs);
    draft.may_end_early = false;
    draft.writes_each.reset();
  }
  if (fields.find("writes_each") != nullptr) {
    draft.writes_each.emplace();
    fields.read_count("writes_each", *draft.writes_each, 1, 1'000'000'000);
  }
}

void read_fsync_latency(FieldReader& fields, LoadPlan& plan) {
  std::string text;
  fields.read("fsync_latency", text);
  if (fields.find("fsync_latency") == nullptr) return;
  try {
    plan.fsync_latency = parse_fsync_latency(text);
  } catch (const Error& error) {
    fields.refuse("fsync_latency", error.what());
  }
}

void read_transaction(FieldReader& fields, LoadPlan& plan) {
  if (fields.find("transaction") != nullptr) {
    std::string transaction;
    fields.read_word("transaction", transaction, "immediate|deferred");
    plan.transaction = transaction == "deferred" ? Transaction::deferred : Transaction::immediate;
  }
  if (fields.find("busy_timeout") != nullptr) {
    std::chrono::nanoseconds timeout{};
    fields.read_duration("busy_timeout", timeout, milliseconds(1));
    plan.busy_timeout = std::chrono::ceil<milliseconds>(timeout);
  }
}

void read_churn_kinds(FieldReader& fields, LoadPlan& plan) {
  const auto* found = fields.find("churn_kinds");
  if (found == nullptr) return;
  if (!found->is_array()) fields.refuse("churn_kinds", "must be a list, not " + found->dump());
  plan.churn_kinds.clear();
  for (const auto& item : *found) {
    const std::string name = item.is_string() ? item.get<std::string>() : std::string();
    if (const auto kind = churn_kind_from(name)) {
      plan.churn_kinds.push_back(*kind);
      continue;
    }
    std::string known;
    for (const auto each : all_churn_kinds()) known.append(" ").append(to_string(each));
    fields.refuse("churn_kinds", item.dump() + " is not one of:" + known);
  }
}

void read_resources(FieldReader& fields, LoadPlan& plan) {
  std::string resources = plan.resources == Resources::real ? "real" : "simulated";
  fields.read_word("resources", resources, "simulated|real");
  plan.resources = resources == "real" ? Resources::real : Resources::simulated;
  if (fields.find("repo_files") != nullptr) {
    fields.read_count("repo_files", plan.repo_files.emplace(), 1, 100'000);
  }
  read_churn_kinds(fields, plan);
  fields.read_rate("churn_edited", plan.churn_edited, 1);
}

void read_words(FieldReader& fields, LoadPlan& plan) {
  std::string arrivals(to_string(plan.arrivals));
  fields.read_word("arrivals", arrivals, "staggered|aligned|poisson");
  plan.arrivals = *arrivals_from(arrivals);
  plan.names_arrivals |= fields.find("arrivals") != nullptr;
  std::string topology = plan.topology == Topology::direct ? "direct" : "broker";
  fields.read_word("topology", topology, "broker|direct");
  plan.topology = topology == "direct" ? Topology::direct : Topology::broker;
  read_transaction(fields, plan);
  plan.names_checkpoint_policy |= fields.find("checkpoint_policy") != nullptr;
  fields.read_word("checkpoint_policy", plan.checkpoint_policy, "adaptive|every-write|auto");
  std::string durability = plan.durability == Durability::power ? "power" : "process";
  fields.read_word("durability", durability, "process|power");
  plan.durability = durability == "power" ? Durability::power : Durability::process;
  fields.read("closed_loop", plan.closed_loop);
  fields.read_count("payload_bytes", plan.payload_bytes, 32, std::uint64_t{512} * 1024);
  fields.read_count("seed", plan.seed, 0, UINT64_MAX);
}

void read_targets(FieldReader& fields, LoadPlan& plan) {
  const auto* found = fields.find("targets");
  if (found == nullptr) return;
  if (!found->is_array()) {
    fields.refuse("targets", "must be a list such as [\"write_p99=30ms\"], not " + found->dump());
  }
  for (const auto& item : *found) {
    if (!item.is_string()) fields.refuse("targets", item.dump() + " is not a target in quotes");
    try {
      set_target(plan.targets, parse_target(item.get_ref<const std::string&>()));
    } catch (const Error& error) {
      fields.refuse("targets", error.what());
    }
  }
}

void read_fields(FieldReader& fields, Draft& draft) {
  read_instances(fields, draft.instances);
  read_stores(fields, draft);
  read_durations(fields, draft);
  read_words(fields, draft.plan);
  read_resources(fields, draft.plan);
  read_fsync_latency(fields, draft.plan);
  read_workloads(fields, draft.plan);
  read_targets(fields, draft.plan);
}

std::string flag_of(std::string_view field) {
  std::string flag = "--" + std::string(field);
  std::replace(flag.begin(), flag.end(), '_', '-');
  // Lists in files, one at a time on the command line.
  return flag == "--targets" ? "--target" : flag;
}

// Runs on several stores are interleaved, so that what the machine does meanwhile hits them alike,
// and judged for P99.9 as well where there are enough writes for that.
void add_pairs(const Draft& draft, const LoadPlan& common, std::vector<LoadPlan>& plans) {
  LoadPlan plan = common;
  if (plan.instances >= 25) {
    const bool named =
        std::any_of(plan.targets.begin(), plan.targets.end(), [](const reports::Target& target) {
          return target.measurement == "write" && target.quantile == 0.999;
        });
    if (!named) {
      plan.targets.push_back({.measurement = "write",
                              .quantile = 0.999,
                              .limit = reports::gate_write_p999_limit,
                              .by_name = false});
    }
  }
  for (std::uint64_t pair = 1; pair <= draft.pairs; ++pair) {
    for (const StoreKind store : draft.stores) {
      plans.push_back(plan);
      plans.back().store = store;
      plans.back().pair = static_cast<int>(pair);
      plans.back().seed = plan.seed + pair - 1;
    }
  }
}

// Flags that name what the direct topology does not have.
void refuse_side_workloads(const Overrides& overrides) {
  const auto chosen = overrides.find("workloads");
  if (chosen == overrides.end()) return;
  for (const auto& [name, is_on] : chosen->items()) {
    if (name == "writes" || is_on == json(false)) continue;
    throw Error(ErrorCode::usage, "--workloads: the topology direct has writes alone, no " + name);
  }
}

void add_plans(Draft draft, const Overrides& overrides, std::vector<LoadPlan>& plans) {
  FieldReader flags(overrides, flag_of, "flags");
  read_fields(flags, draft);
  if (draft.plan.topology == Topology::direct) refuse_side_workloads(overrides);
  LoadPlan& plan = draft.plan;
  if (draft.writes_each) {
    plan.duration = plan.interval * static_cast<std::int64_t>(*draft.writes_each);
  }
  const bool paired = draft.stores.size() > 1;
  if (paired && draft.may_end_early) {
    flags.refuse("max_duration",
                 "several stores are compared over a fixed time: use " + flags.path("duration"));
  }
  if (paired && !plan.duration) plan.duration = default_paired_duration;
  for (const auto instances : draft.instances) {
    const std::size_t before = plans.size();
    plan.instances = instances;
    if (paired) {
      add_pairs(draft, plan, plans);
    } else {
      plans.push_back(plan);
      plans.back().store = draft.stores.front();
    }
    for (std::size_t i = before; i < plans.size(); ++i) {
      fit_to_topology(plans[i]);
      fit_to_resources(plans[i]);
    }
  }
}

json parse(std::string_view text, const std::string& name) {
  try {
    return parse_json_with_comments(text, "it");
  } catch (const Error& error) {
    throw Error(ErrorCode::usage, "the scenario '" + name + "' is not JSON: " + error.what());
  }
}

std::string content_of(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) throw Error(ErrorCode::usage, "there is no scenario file '" + file + "'");
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

Scenario read_scenario(std::string_view text, const std::string& name, const Overrides& overrides) {
  const json object = parse(text, name);
  auto fields = FieldReader::at(object, "");
  Scenario scenario;
  scenario.name = name;
  fields.read("description", scenario.description);
  Draft common;
  common.plan.scenario = name;
  common.plan.targets = default_targets();
  read_fields(fields, common);
  const auto* runs = fields.find("runs");
  fields.finish();
  if (runs == nullptr) {
    add_plans(common, overrides, scenario.runs);
    return scenario;
  }
  if (!runs->is_array() || runs->empty()) fields.refuse("runs", "must be a list of objects");
  for (std::size_t i = 0; i < runs->size(); ++i) {
    auto own = FieldReader::at((*runs)[i], "runs[" + std::to_string(i) + "]");
    Draft draft = common;
    read_fields(own, draft);
    own.finish();
    add_plans(std::move(draft), overrides, scenario.runs);
  }
  return scenario;
}

Scenario find_scenario(const std::string& name_or_file, const Overrides& overrides) {
  const bool is_file = name_or_file.find('/') != std::string::npos ||
                       (name_or_file.size() > 5 && name_or_file.ends_with(".json"));
  if (is_file) {
    auto name = name_or_file.substr(name_or_file.rfind('/') + 1);
    if (name.ends_with(".json")) name.resize(name.size() - 5);
    return read_scenario(content_of(name_or_file), name, overrides);
  }
  std::string known;
  for (const auto& [name, text] : built_in_scenarios()) {
    if (name == name_or_file) return read_scenario(text, name_or_file, overrides);
    known.append(known.empty() ? "" : ", ").append(name);
  }
  throw Error(ErrorCode::usage, "there is no scenario '" + name_or_file + "' (there are " + known +
                                    "; a file's name ends in .json)");
}

Scenario default_scenario(const Overrides& overrides) {
  return read_scenario("{}", "default", overrides);
}

}  // namespace yardmaster::loadgen
