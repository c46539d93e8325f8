#include "coordinator/broker/commands/protocol.h"

#include <array>
#include <cstdio>

#include "coordinator/base/json.h"

namespace yardmaster {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::invalid_request, why); }

void append_id(std::string& out, std::string_view id) {
  out.push_back('{');
  if (id.empty()) return;
  out.append("\"id\":").append(id).push_back(',');
}

void take_id(const json& value, RequestFrame& request) {
  if (!value.is_number_integer() && !value.is_string()) {
    refuse("id: must be an integer or a string");
  }
  request.id = to_text(value);
}

}  // namespace

void parse_request(std::string_view frame, RequestFrame& request) {
  json parsed = parse_json(frame, max_frame_values);
  if (!parsed.is_object()) refuse("a request is an object with a command");
  if (const auto id = parsed.find("id"); id != parsed.end()) take_id(*id, request);
  for (auto& [name, value] : parsed.items()) {
    if (name == "command") {
      if (!value.is_string()) refuse("command: must be a string");
      request.command = value.get<std::string>();
    } else if (name == "args") {
      if (!value.is_object()) refuse("args: must be an object");
      request.arguments = std::move(value);
    } else if (name != "id") {
      refuse(name.substr(0, 64) + ": unknown field");
    }
  }
  if (request.command.empty()) refuse("command: is missing");
}

void append_success(std::string& out, std::string_view id, std::string_view data) {
  append_id(out, id);
  out.append("\"success\":true,\"data\":").append(data).push_back('}');
}

void append_failure(std::string& out, std::string_view id, const Error& error) {
  append_id(out, id);
  out.append("\"success\":false,\"error\":");
  append_quoted(out, error.what());
  out.append(",\"code\":\"").append(to_string(error.code())).push_back('"');
  if (error.expected_seq()) {
    out.append(",\"expected_seq\":");
    append_number(out, *error.expected_seq());
  }
  out.push_back('}');
}

void append_event(std::string& out, std::string_view event, std::string_view data) {
  out.append("{\"event\":\"").append(event).append("\",\"data\":").append(data).push_back('}');
}

std::string format_time(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace yardmaster
