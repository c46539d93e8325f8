// decision.json: the record of a decision, written and read back with its evidence.
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "reports/decision.h"
#include "reports/record_fields.h"

namespace yardmaster::reports {
namespace {

using Json = nlohmann::ordered_json;

constexpr int decision_schema = 1;
constexpr const char* rule =
    "SQLite is kept if it holds every target below at every load. If it fails and PostgreSQL holds "
    "its own, PostgreSQL is required. If both fail, the answer is neither.";

Json figure_json(const Figure& figure) {
  return {{"store", figure.store},
          {"instances", figure.instances},
          {"measurement", figure.target.measurement},
          {"quantile", figure.target.quantile},
          {"limit_ms", to_milliseconds(figure.target.limit)},
          {"measured_ms", figure.quantile_ms},
          {"runs", figure.runs},
          {"count", figure.count},
          {"over_limit", figure.over_limit},
          {"effective_count", figure.effective_count},
          {"verdict", to_string(figure.verdict)},
          {"reason", figure.reason}};
}

Figure read_figure(const RecordFields& fields) {
  Figure figure;
  double limit_ms = 0;
  std::string verdict;
  fields.take("store", figure.store);
  fields.take("instances", figure.instances);
  fields.take("measurement", figure.target.measurement);
  fields.take("quantile", figure.target.quantile);
  fields.take("limit_ms", limit_ms);
  fields.take("measured_ms", figure.quantile_ms);
  fields.take("runs", figure.runs);
  fields.take("count", figure.count);
  fields.take("over_limit", figure.over_limit);
  fields.take("effective_count", figure.effective_count);
  fields.take("verdict", verdict);
  fields.take("reason", figure.reason);
  figure.target.limit = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double, std::milli>(limit_ms));
  const auto known = verdict_from(verdict);
  if (!known) fields.refuse("verdict", "must be pass, fail or inconclusive");
  figure.verdict = *known;
  return figure;
}

// Evidence that does not lead to the store by the rule is none.
void require_evidence(const DecisionRecord& record, const RecordFields& fields) {
  const std::vector<Figure> wanted = gate_requirements();
  for (const Figure& need : wanted) {
    const bool there =
        std::any_of(record.figures.begin(), record.figures.end(), [&](const Figure& figure) {
          return figure.store == need.store && figure.instances == need.instances &&
                 figure.target.measurement == need.target.measurement &&
                 figure.target.quantile == need.target.quantile &&
                 figure.target.limit == need.target.limit;
        });
    if (there) continue;
    fields.refuse("figures", "lack " + need.target.measurement + " of " + need.store + " at " +
                                 std::to_string(need.instances) + " instances");
  }
  const Decision decision = decide(record.figures);
  if (decision.store == record.store) return;
  fields.refuse("figures", "do not support the store '" + record.store + "': " + decision.reason);
}

DecisionRecord record_from_json(const Json& json) {
  const RecordFields fields(json, "");
  DecisionRecord record;
  int version = 0;
  fields.take("schema", version);
  if (version != decision_schema)
    fields.refuse("schema", "must be " + std::to_string(decision_schema));
  fields.take("store", record.store);
  if (record.store != "sqlite" && record.store != "postgres" && record.store != "neither") {
    fields.refuse("store", "must be sqlite, postgres or neither, not '" + record.store + "'");
  }
  fields.take("reason", record.reason);
  const RecordFields evidence = fields.object("evidence");
  evidence.take("date", record.date);
  evidence.take("version", record.version);
  evidence.take("durability", record.durability);
  record.machine = read_machine(evidence.object("machine"));
  evidence.each("figures",
                [&](const RecordFields& figure) { record.figures.push_back(read_figure(figure)); });
  require_evidence(record, evidence);
  return record;
}

}  // namespace

std::string to_json(const DecisionRecord& record) {
  Json figures = Json::array();
  for (const Figure& figure : record.figures) figures.push_back(figure_json(figure));
  const Json json{{"schema", decision_schema},
                  {"store", record.store},
                  {"reason", record.reason},
                  {"rule", rule},
                  {"evidence",
                   {{"date", record.date},
                    {"version", record.version},
                    {"durability", record.durability},
                    {"machine", machine_json(record.machine)},
                    {"figures", figures}}}};
  return json.dump(2) + "\n";
}

DecisionRecord read_decision(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw Error(ErrorCode::usage, "there is no record '" + file.string() + "'");
  try {
    return record_from_json(parse_record(std::string(std::istreambuf_iterator<char>(stream), {})));
  } catch (const Error& error) {
    throw Error(ErrorCode::usage, file.string() + ": " + error.what());
  }
}

DecisionRecord make_record(const Decision& decision, const Report& report,
                           const std::string& version, const std::string& date) {
  if (decision.store.empty()) {
    throw Error(ErrorCode::usage, "these runs make no record: " + decision.reason);
  }
  DecisionRecord record;
  record.store = decision.store;
  record.reason = decision.reason;
  record.date = date;
  record.version = version;
  record.durability = report.runs.front().durability;
  record.machine = report.environment;
  record.figures = decision.figures;
  return record;
}

}  // namespace yardmaster::reports
