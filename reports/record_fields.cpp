#include "reports/record_fields.h"

#include "coordinator/base/json.h"

namespace yardmaster::reports {

nlohmann::ordered_json parse_record(std::string_view text) {
  try {
    (void)parse_json(text);  // which knows limits, and keeps no order
  } catch (const Error& error) {
    throw Error(ErrorCode::usage, std::string("not JSON: ") + error.what());
  }
  return nlohmann::ordered_json::parse(text);
}

nlohmann::ordered_json machine_json(const Environment& machine) {
  return {{"cpu", machine.cpu},
          {"cores", machine.cores},
          {"memory_bytes", machine.memory_bytes},
          {"kernel", machine.kernel},
          {"filesystem", machine.filesystem},
          {"sqlite_version", machine.sqlite_version},
          {"postgres_version", machine.postgres_version},
          {"compiler", machine.compiler},
          {"fsync_p50_ms", machine.fsync_p50_ms}};
}

Environment read_machine(const RecordFields& fields) {
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

}  // namespace yardmaster::reports
