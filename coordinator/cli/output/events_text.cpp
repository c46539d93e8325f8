#include "coordinator/cli/output/events_text.h"

#include <string_view>

#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr std::size_t longest_text = 200;

std::string shown(const json& data, const char* key) { return one_line(text_of(data, key)); }

std::string with_detail(const std::string& line, const std::string& detail) {
  return detail.empty() ? line : line + ": " + cut(detail, longest_text);
}

std::string message_line(const json& data) {
  return with_detail(
      "message " + shown(data, "id") + " from " + shown(data, "from") + " to " + shown(data, "to"),
      shown(data, "body"));
}

std::string status_line(const json& data) {
  return with_detail(
      "message " + shown(data, "id") + " to " + shown(data, "to") + " is " + shown(data, "status"),
      shown(data, "reason"));
}

std::string handoff_line(const json& data) {
  return with_detail("handoff " + shown(data, "id") + " of " + shown(data, "context") + " from " +
                         shown(data, "from") + " to " + shown(data, "to") + " is " +
                         shown(data, "state"),
                     shown(data, "summary"));
}

}  // namespace

std::string event_line(const json& event) {
  const std::string name = text_of(event, "event");
  const json data = event.contains("data") ? event["data"] : json::object();
  if (name == "message") return message_line(data);
  if (name == "message_status") return status_line(data);
  if (name == "handoff") return handoff_line(data);
  if (name == "instance") return shown(data, "instance_id") + " is " + shown(data, "state");
  if (name == "gone") {
    return with_detail(shown(data, "instance_id") + " is gone", shown(data, "reason"));
  }
  return one_line(name);
}

}  // namespace yardmaster::cli
