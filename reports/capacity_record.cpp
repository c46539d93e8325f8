// map.json and search.json: what searches found, written and read back.
#include <limits>

#include <nlohmann/json.hpp>

#include "coordinator/base/error.h"
#include "reports/capacity_map.h"
#include "reports/record_fields.h"

namespace yardmaster::reports {
namespace {

using Json = nlohmann::ordered_json;

constexpr int map_schema = 1;

Json parameters_json(const MapParameters& from) {
  return {{"version", from.version},
          {"slo", from.slo},
          {"workloads", from.workloads},
          {"arrivals", from.arrivals},
          {"interval_ms", from.interval_ms},
          {"payload_bytes", from.payload_bytes},
          {"seed", from.seed},
          {"checkpoint_policy", from.checkpoint_policy},
          {"step", from.step},
          {"warmup_s", from.warmup_s},
          {"asked", from.asked},
          {"least", from.least},
          {"most", from.most}};
}

MapParameters read_parameters(const RecordFields& fields) {
  MapParameters parameters;
  fields.take("version", parameters.version);
  fields.take("slo", parameters.slo);
  fields.take("workloads", parameters.workloads);
  fields.take("arrivals", parameters.arrivals);
  fields.take("interval_ms", parameters.interval_ms);
  fields.take("payload_bytes", parameters.payload_bytes);
  fields.take("seed", parameters.seed);
  fields.take("checkpoint_policy", parameters.checkpoint_policy);
  fields.take("step", parameters.step);
  fields.take("warmup_s", parameters.warmup_s);
  fields.take("asked", parameters.asked);
  fields.take("least", parameters.least);
  fields.take("most", parameters.most);
  return parameters;
}

// Infinity ("never") is null, as in reports.
Json step_json(const CapacityStep& from) {
  return {{"instances", from.instances},     {"verdict", to_string(from.verdict)},
          {"confirms", from.confirms},       {"duration_s", from.duration_s},
          {"measured_ms", from.measured_ms}, {"reason", from.reason}};
}

CapacityStep read_step(const RecordFields& fields) {
  CapacityStep step;
  std::string verdict;
  fields.take("instances", step.instances);
  fields.take("verdict", verdict);
  fields.take("confirms", step.confirms);
  fields.take("duration_s", step.duration_s);
  fields.take("reason", step.reason);
  for (const auto& [target, value] : fields.at("measured_ms").items()) {
    if (!value.is_number() && !value.is_null()) fields.refuse("measured_ms", "has no numbers");
    step.measured_ms[target] =
        value.is_null() ? std::numeric_limits<double>::infinity() : value.get<double>();
  }
  const auto known = verdict_from(verdict);
  if (!known) fields.refuse("verdict", "must be pass, fail or inconclusive");
  step.verdict = *known;
  return step;
}

Json cell_json(const CapacityCell& from) {
  Json steps = Json::array();
  for (const CapacityStep& step : from.capacity.steps) steps.push_back(step_json(step));
  const auto& not_held = from.capacity.not_held;
  return {{"store", from.store},
          {"durability", from.durability},
          {"fsync_latency", from.fsync_latency},
          {"fsync_added_ms", from.fsync_added_ms},
          {"holds", from.capacity.holds},
          {"not_held", not_held ? Json(*not_held) : Json()},
          {"confirmed", from.capacity.confirmed},
          {"end", to_string(from.capacity.end)},
          {"took_s", from.took_s},
          {"steps", steps}};
}

CapacityCell read_cell(const RecordFields& fields) {
  CapacityCell cell;
  std::string end;
  fields.take("store", cell.store);
  fields.take("durability", cell.durability);
  fields.take("fsync_latency", cell.fsync_latency);
  fields.take("fsync_added_ms", cell.fsync_added_ms);
  fields.take("holds", cell.capacity.holds);
  if (!fields.at("not_held").is_null()) {
    fields.take("not_held", cell.capacity.not_held.emplace());
  }
  fields.take("confirmed", cell.capacity.confirmed);
  fields.take("end", end);
  fields.take("took_s", cell.took_s);
  fields.each("steps",
              [&](const RecordFields& step) { cell.capacity.steps.push_back(read_step(step)); });
  const auto known = search_end_from(end);
  if (!known) fields.refuse("end", "is not how a search ends");
  cell.capacity.end = *known;
  return cell;
}

CapacityMap read_map(const Json& json) {
  const RecordFields fields(json, "");
  int version = 0;
  fields.take("schema", version);
  if (version != map_schema) fields.refuse("schema", "must be " + std::to_string(map_schema));
  CapacityMap map;
  fields.take("date", map.date);
  map.parameters = read_parameters(fields.object("parameters"));
  map.machine = read_machine(fields.object("machine"));
  fields.each("cells", [&](const RecordFields& cell) { map.cells.push_back(read_cell(cell)); });
  return map;
}

std::string difference(const std::string& name, const Json& before, const Json& now) {
  return name + " was " + before.dump() + " and is " + now.dump();
}

}  // namespace

std::string to_json(const CapacityMap& map) {
  Json cells = Json::array();
  for (const CapacityCell& cell : map.cells) cells.push_back(cell_json(cell));
  const Json json{{"schema", map_schema},
                  {"date", map.date},
                  {"parameters", parameters_json(map.parameters)},
                  {"machine", machine_json(map.machine)},
                  {"cells", cells}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

CapacityMap map_from_json(std::string_view text) { return read_map(parse_record(text)); }

std::optional<std::string> why_not_the_same(const CapacityMap& before, const CapacityMap& now) {
  const Json parameters_before = parameters_json(before.parameters);
  const Json parameters_now = parameters_json(now.parameters);
  for (const auto& [name, value] : parameters_now.items()) {
    if (parameters_before[name] != value) {
      return difference(name, parameters_before[name], value);
    }
  }
  const Json machine_before = machine_json(before.machine);
  const Json machine_now = machine_json(now.machine);
  for (const char* name : {"cpu", "cores", "memory_bytes", "kernel", "filesystem", "compiler"}) {
    if (machine_before[name] != machine_now[name]) {
      return difference(name, machine_before[name], machine_now[name]);
    }
  }
  return std::nullopt;
}

}  // namespace yardmaster::reports
