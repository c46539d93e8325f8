#include "tests/fuzz/targets/compare_append_readers.h"

#include <optional>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/broker/commands/append_frame.h"
#include "coordinator/broker/commands/arguments.h"
#include "coordinator/broker/commands/protocol.h"

namespace yardmaster::fuzz {
namespace {

using nlohmann::json;

// Returns what the general parser makes of a frame; empty when it refuses it.
std::optional<RequestFrame> read_generally(std::string_view text) {
  RequestFrame request;
  try {
    parse_request(text, request);
    if (request.command == "append_entries") {
      require_arguments(append_entries_arguments, request.arguments);
    } else if (request.command == "append_context") {
      require_arguments(append_arguments, request.arguments);
    } else {
      return std::nullopt;
    }
    return request;
  } catch (const Error&) {
    return std::nullopt;
  }
}

json as_arguments(const AppendFrame& frame) {
  json arguments{{"context", frame.context}, {"seq", frame.seq}};
  if (frame.has_several()) {
    std::string_view rest = frame.entries;
    std::string_view kind;
    std::string_view data;
    while (take_entry(rest, kind, data)) {
      arguments["entries"].push_back(json::array({kind, data}));
    }
  } else {
    arguments["kind"] = frame.kind;
    arguments["data"] = frame.data;
  }
  if (!frame.instance.empty()) arguments["instance_id"] = frame.instance;
  if (frame.generation) arguments["generation"] = *frame.generation;
  if (frame.durability == Durability::power) arguments["durability"] = "power";
  return arguments;
}

}  // namespace

AppendComparison compare_append_readers(std::string_view text) {
  AppendFrame frame;
  if (!read_append_frame(text, frame)) return {};
  const auto general = read_generally(text);
  if (!general) return {true, "the general parser refuses it"};
  json arguments = general->arguments;
  if (arguments.value("durability", "") == "process") arguments.erase("durability");
  const json flat = as_arguments(frame);
  if (flat != arguments) return {true, to_text(flat) + " against " + to_text(arguments)};
  if (frame.id != general->id) {
    return {true, "id " + std::string(frame.id) + " against " + general->id};
  }
  return {true, ""};
}

}  // namespace yardmaster::fuzz
