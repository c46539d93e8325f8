// decision.json: the record of a decision, written and read back with its evidence.
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "reports/decision.h"

namespace yardmaster::reports {
namespace {

using Json = nlohmann::ordered_json;

constexpr int schema = 1;
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

// One field, with its path in complaints.
class Fields {
 public:
  Fields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object_.is_object()) refuse("", "must be an object");
  }

  template <typename Value>
  void take(const char* name, Value& value) const {
    const auto found = object_.find(name);
    if (found == object_.end()) refuse(name, "is missing");
    try {
      found->get_to(value);
    } catch (const Json::exception&) {
      refuse(name, "has a value of another type");
    }
  }
  const Json& at(const char* name) const {
    const auto found = object_.find(name);
    if (found == object_.end()) refuse(name, "is missing");
    return *found;
  }
  Fields object(const char* name) const { return {at(name), path_ + name + "."}; }
  const std::string& path() const { return path_; }

  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    throw Error(ErrorCode::usage, path_ + name + " " + why);
  }

 private:
  const Json& object_;
  std::string path_;
};

Figure read_figure(const Fields& fields) {
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

Environment read_machine(const Fields& fields) {
  Environment machine;
  fields.take("cpu", machine.cpu);
  fields.take("cores", machine.cores);
  fields.take("memory_bytes", machine.memory_bytes);
  fields.take("kernel", machine.kernel);
  fields.take("filesystem", machine.filesystem);
  fields.take("sqlite_version", machine.sqlite_version);
  fields.take("postgres_version", machine.postgres_version);
  fields.take("compiler", machine.compiler);
  fields.take("fsync_p50_ms", machine.fsync_p50_ms);
  return machine;
}

// Evidence that does not lead to the store by the rule is none.
void require_evidence(const DecisionRecord& record, const Fields& fields) {
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

DecisionRecord from_json(const Json& json) {
  const Fields fields(json, "");
  DecisionRecord record;
  int version = 0;
  fields.take("schema", version);
  if (version != schema) fields.refuse("schema", "must be " + std::to_string(schema));
  fields.take("store", record.store);
  if (record.store != "sqlite" && record.store != "postgres" && record.store != "neither") {
    fields.refuse("store", "must be sqlite, postgres or neither, not '" + record.store + "'");
  }
  fields.take("reason", record.reason);
  const Fields evidence = fields.object("evidence");
  evidence.take("date", record.date);
  evidence.take("version", record.version);
  evidence.take("durability", record.durability);
  record.machine = read_machine(evidence.object("machine"));
  const Json& figures = evidence.at("figures");
  if (!figures.is_array()) evidence.refuse("figures", "must be a list");
  for (std::size_t i = 0; i < figures.size(); ++i) {
    record.figures.push_back(
        read_figure({figures[i], evidence.path() + "figures[" + std::to_string(i) + "]."}));
  }
  require_evidence(record, evidence);
  return record;
}

}  // namespace

std::string to_json(const DecisionRecord& record) {
  Json figures = Json::array();
  for (const Figure& figure : record.figures) figures.push_back(figure_json(figure));
  const Json machine{{"cpu", record.machine.cpu},
                     {"cores", record.machine.cores},
                     {"memory_bytes", record.machine.memory_bytes},
                     {"kernel", record.machine.kernel},
                     {"filesystem", record.machine.filesystem},
                     {"sqlite_version", record.machine.sqlite_version},
                     {"postgres_version", record.machine.postgres_version},
                     {"compiler", record.machine.compiler},
                     {"fsync_p50_ms", record.machine.fsync_p50_ms}};
  const Json json{{"schema", schema},
                  {"store", record.store},
                  {"reason", record.reason},
                  {"rule", rule},
                  {"evidence",
                   {{"date", record.date},
                    {"version", record.version},
                    {"durability", record.durability},
                    {"machine", machine},
                    {"figures", figures}}}};
  return json.dump(2) + "\n";
}

DecisionRecord read_decision(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw Error(ErrorCode::usage, "there is no record '" + file.string() + "'");
  try {
    return from_json(Json::parse(std::string(std::istreambuf_iterator<char>(stream), {})));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::usage, file.string() + ": not JSON: " + error.what());
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
