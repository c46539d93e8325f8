#include "coordinator/broker/commands/protocol_reference.h"

#include <string_view>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/broker/commands/command_spec.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/reply_objects.h"
#include "coordinator/broker/event_table.h"
#include "coordinator/domain/names.h"

namespace yardmaster {
namespace {

constexpr std::string_view introduction =
    R"(# The protocol

Made by `yardmaster help protocol`, from the tables that the daemon works with.

## Frames

A client connects to the yard's Unix socket, `broker.sock`, whose callers may do everything, or to
`instance-NAME.sock`, on which it *is* that instance: what names the caller (`from`, `instance_id`,
`agent`) defaults to it and may not be another. The first byte decides: `{` is a line session,
anything else HTTP/1.1.

- A line session has a JSON object per line. `id` is an integer or a string, optional, and echoed;
  replies may come out of order.

  ```
  {"id":7,"command":"ping","args":{}}
  {"id":7,"success":true,"data":{"pong":true,"pid":4711}}
  {"id":7,"success":false,"error":"text","code":"not_found"}
  {"event":"message","data":{…}}
  ```
- HTTP has `POST /command` (one such object, answered by one; no events), `GET /ws` (a WebSocket
  with the same frames, as texts), `GET /health`, `GET /metrics` and `GET /instance/NAME`.
- The same HTTP is served over TCP where the setting `listen` says, and through a proxy
  (`yardmaster nginx-config`: `/broker/…`, `/instance/NAME/…`, `/metrics`). What comes on these ways, or
  as a member of `socket_group`, is HTTP with an access token (`Authorization: Bearer …`), else the
  answer is 401; for a `Host` that is not ours it is 421, and for a foreign `Origin` 403. A token's
  scope is `read`, `talk` (for `user` alone) or `manage`, each with those before it; below, each
  command says which it takes.
)";

std::string limits() {
  return "- Limits: a frame has " + std::to_string(max_frame_bytes >> 20U) + " MiB, " +
         std::to_string(max_frame_values) + " values and " + std::to_string(max_json_depth) +
         " levels; a connection " + std::to_string(max_requests_in_flight) +
         "\n  requests in flight. A name is 1 to " + std::to_string(max_name_length) +
         " of a-z, 0-9 and `-`, which is not first.\n"
         "- Times are RFC 3339 in UTC with microseconds.\n";
}

std::string_view text_of(ArgumentKind kind) {
  switch (kind) {
    case ArgumentKind::name:
      return "name";
    case ArgumentKind::text:
      return "string";
    case ArgumentKind::entry_kind:
      return "string of 1 to 64 bytes without control characters";
    case ArgumentKind::entries:
      return "list of [kind, data]";
    case ArgumentKind::number:
      return "number from 1";
    case ArgumentKind::count:
      return "number from 0";
    case ArgumentKind::place:
      return "name, or number from 0";
    case ArgumentKind::boolean:
      return "boolean";
    case ArgumentKind::numbers:
      return "list of number from 1";
    case ArgumentKind::texts:
      return "list of string";
    case ArgumentKind::durability:
      return "`process` or `power`";
    case ArgumentKind::recipients:
      return "`@all`, `@ROLE`, either with `@REPO`; `@@all`, `@@ROLE`";
  }
  return "";
}

std::string text_of(Right right) {
  if (right == Right::everyone) return "any instance, about itself";
  const std::string word(word_of(right));
  return "on an instance's socket, a role with the right `" + word +
         (right == Right::owner ? "`" : "` (or `all`)");
}

void add_row(std::string& page, std::string_view first, std::string_view second,
             std::string_view third) {
  page.append("| `").append(first).append("` | ").append(second).append(" | ");
  page.append(third).append(" |\n");
}

void add_arguments(std::string& page, std::span<const ArgumentSpec> arguments) {
  if (arguments.empty()) {
    page += "\nNo arguments.\n";
    return;
  }
  page += "\n| argument | | |\n| --- | --- | --- |\n";
  for (const ArgumentSpec& each : arguments) {
    const std::string kind = std::string(text_of(each.kind)) + (each.required ? ", required" : "");
    add_row(page, each.name, kind, each.help);
  }
}

std::string link_to(std::string_view object) {
  return "[" + std::string(object) + "](#" + std::string(object) + ")";
}

// Objects are linked to where they are described.
std::string linked(std::string_view type) {
  constexpr std::string_view list = "list of ";
  const bool is_list = type.starts_with(list);
  const std::string_view element = is_list ? type.substr(list.size()) : type;
  if (fields_of(element).empty()) return std::string(type);
  return (is_list ? std::string(list) : std::string()) + link_to(element);
}

void add_fields(std::string& page, std::string_view heading, std::span<const FieldSpec> fields) {
  page.append("\n| ").append(heading).append(" | | |\n| --- | --- | --- |\n");
  for (const FieldSpec& each : fields) add_row(page, each.name, linked(each.type), each.help);
}

// What is an object of its own is described once.
void add_reply(std::string& page, std::string_view heading, std::span<const FieldSpec> fields) {
  for (const ObjectSpec& object : reply_objects()) {
    if (object.fields.data() != fields.data()) continue;
    page.append("\nThe ").append(heading).append(" is of the form ").append(link_to(object.name));
    page.append(".\n");
    return;
  }
  add_fields(page, heading, fields);
}

void add_command(std::string& page, const CommandSpec& command) {
  page.append("\n### ").append(command.name).append("\n\n").append(command.help);
  page.append("\n\nWho may: ").append(text_of(command.right));
  page.append(". Scope: `").append(to_string(command.scope)).append("`.\n");
  add_arguments(page, command.arguments);
  add_reply(page, "reply", command.reply);
}

}  // namespace

std::string protocol_reference() {
  std::string page(introduction);
  page += limits() + "\n## Commands\n";
  for (const CommandSpec& command : command_specs()) add_command(page, command);
  page += "\n## Objects\n";
  for (const ObjectSpec& object : reply_objects()) {
    page.append("\n### ").append(object.name).append("\n\n").append(object.help).append("\n");
    add_fields(page, "field", object.fields);
  }
  page += "\n## Events\n\nThey come after `subscribe`, to whoever they concern.\n";
  for (const EventSpec& event : event_table()) {
    page.append("\n### Event ").append(event.name).append("\n\n").append(event.help).append("\n");
    add_reply(page, "data", event.data);
  }
  page += "\n## Error codes\n\n| code | meaning |\n| --- | --- |\n";
  for (const ErrorCode code : all_error_codes()) {
    page.append("| `").append(to_string(code)).append("` | ").append(meaning_of(code));
    page += " |\n";
  }
  return page;
}

}  // namespace yardmaster
