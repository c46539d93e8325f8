#include "coordinator/cli/hook_event.h"

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

json parse_input(std::string_view input) {
  try {
    return parse_json(input);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

std::optional<json> report_of(std::string_view event, std::string_view input) {
  const json said = parse_input(input);
  std::string state;
  if (event == "prompt") {
    state = "running";
  } else if (event == "session-start") {
    // It waits for its first prompt; only a session that compacts itself is in the middle of one.
    state = text_of(said, "source") == "compact" ? "running" : "idle";
  } else if (event == "stop" || event == "session-end") {
    state = "idle";
  } else {
    return std::nullopt;
  }
  json report{{"state", state}};
  const std::string session = text_of(said, "session_id");
  if (!session.empty()) report["session_id"] = session;
  return report;
}

}  // namespace yardmaster::cli
