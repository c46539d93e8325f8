#include "loadgen/plan/workload_fields.h"

#include <functional>
#include <string_view>

namespace yardmaster::loadgen {
namespace {

using nlohmann::json;

constexpr double highest_rate = 1000;
constexpr double default_bursts_per_second = 0.2;
constexpr double default_hostile_per_second = 2;

// A workload is an object with its rate and sizes, or false for none, or true for what it was
// before, or by default if it was none.
void read_workload(FieldReader& workloads, std::string_view name, double& rate, double default_rate,
                   const std::function<void(FieldReader&)>& read_sizes) {
  const auto* found = workloads.find(name);
  if (found == nullptr) return;
  if (found->is_boolean()) {
    const double lively = rate > 0 ? rate : default_rate;
    rate = found->get<bool>() ? lively : 0;
    return;
  }
  auto fields = FieldReader::at(*found, workloads.path(name));
  fields.read_rate("per_second", rate, highest_rate);
  read_sizes(fields);
  fields.finish();
}

void read_hostile_sizes(FieldReader& sizes, HostileLoad& hostile) {
  sizes.read_count("listeners", hostile.listeners, 1, 1000);
  sizes.read_count("megabytes", hostile.megabytes, 1, 1000);
  sizes.read_count("messages", hostile.messages, 1, 1000);
  sizes.read_count("digests", hostile.digests, 1, 1000);
  sizes.read_count("lists", hostile.lists, 1, 1000);
}

void refuse_what_is_beside_bursts(const FieldReader& fields, const json& workloads) {
  for (const auto& [name, value] : workloads.items()) {
    if (name == "bursts" || value == json(false)) continue;
    fields.refuse("workloads", "nothing else goes on beside bursts: leave out " + name);
  }
}

}  // namespace

void read_workloads(FieldReader& fields, LoadPlan& plan) {
  const auto* found = fields.find("workloads");
  if (found == nullptr) return;
  auto workloads = FieldReader::at(*found, fields.path("workloads"));
  const LoadPlan usual;
  const auto read = [&](std::string_view name, double& rate, double default_rate,
                        const std::function<void(FieldReader&)>& read_sizes) {
    read_workload(workloads, name, rate, default_rate, read_sizes);
  };
  read("handoffs", plan.handoffs.per_second, usual.handoffs.per_second, [&](FieldReader& sizes) {
    sizes.read_count("pairs", plan.handoffs.pairs, 1, 1000);
    sizes.read_count("entries", plan.handoffs.entries, 1, 1000);
  });
  read("broadcasts", plan.broadcasts.per_second, usual.broadcasts.per_second,
       [&](FieldReader& sizes) {
         sizes.read_count("listeners", plan.broadcasts.listeners, 1, 1000);
       });
  read("churn", plan.churn.per_second, usual.churn.per_second, [&](FieldReader& sizes) {
    plan.churn.names_rate |= sizes.find("per_second") != nullptr;
    plan.churn.names_instances |= sizes.find("instances") != nullptr;
    sizes.read_count("instances", plan.churn.instances, 1, 1000);
  });
  read("websocket", plan.websocket.per_second, usual.websocket.per_second, [](FieldReader&) {});
  read("hostile", plan.hostile.per_second, default_hostile_per_second,
       [&](FieldReader& sizes) { read_hostile_sizes(sizes, plan.hostile); });
  read("bursts", plan.bursts.per_second, default_bursts_per_second, [](FieldReader&) {});
  workloads.read("writes", plan.writes);
  workloads.finish();
  const bool asks_for_bursts = found->contains("bursts") && plan.bursts.per_second > 0;
  if (asks_for_bursts) refuse_what_is_beside_bursts(fields, *found);
}

}  // namespace yardmaster::loadgen
