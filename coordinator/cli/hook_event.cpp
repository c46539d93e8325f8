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

constexpr std::string_view blocking_stop = "stop-block";

// nullptr: agents hear nothing at this event.
const char* rung_of(std::string_view event) {
  if (ends_turn(event)) return "turn";
  const bool is_context = event == "session-start" || event == "prompt" || event == "tool";
  return is_context ? "context" : nullptr;
}

}  // namespace

bool ends_turn(std::string_view event) { return event == "stop" || event == blocking_stop; }

std::optional<json> report_of(std::string_view event, std::string_view input) {
  const json said = parse_input(input);
  std::string state;
  if (event == "prompt") {
    state = "running";
  } else if (event == "session-start") {
    // It waits for its first prompt; only a session that compacts itself is in the middle of one.
    state = text_of(said, "source") == "compact" ? "running" : "idle";
  } else if (ends_turn(event) || event == "session-end") {
    state = "idle";
  } else {
    return std::nullopt;
  }
  json report{{"state", state}};
  const std::string session = text_of(said, "session_id");
  if (!session.empty()) report["session_id"] = session;
  return report;
}

std::optional<Hearing> hearing_of(std::string_view event, std::string_view input) {
  const char* const rung = rung_of(event);
  if (rung == nullptr) return std::nullopt;
  const json said = parse_input(input);
  const std::string name = text_of(said, "hook_event_name");
  if (name.empty() || !text_of(said, "agent_id").empty()) return std::nullopt;
  json request{{"rung", rung}};
  if (flag_of(said, "stop_hook_active")) request["again"] = true;
  return Hearing{event == blocking_stop ? std::string() : name, std::move(request)};
}

std::string unread_text(std::string_view instance, std::uint64_t count) {
  const bool is_one = count == 1;
  return std::to_string(count) + (is_one ? " unread message" : " unread messages") + " for " +
         std::string(instance) + "; `yardmaster inbox` lists " + (is_one ? "it." : "them.");
}

std::string said_to_agent(const std::string& event, const std::string& text) {
  if (event.empty()) return to_text({{"decision", "block"}, {"reason", text}}) + "\n";
  const json said{{"hookEventName", event}, {"additionalContext", text}};
  return to_text({{"hookSpecificOutput", said}}) + "\n";
}

}  // namespace yardmaster::cli
