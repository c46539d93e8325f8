#include "coordinator/cli/mcp/mcp_tools.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "coordinator/base/error.h"
#include "coordinator/cli/context_copy.h"
#include "coordinator/cli/shown_messages.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

enum class Type { text, whole_number };

struct Argument {
  const char* name;
  Type type;
  const char* description;
  bool required = false;
};

struct Tool {
  const char* name;
  const char* title;
  const char* description;
  std::span<const Argument> arguments;
  bool read_only;
  bool idempotent;
  json (*call)(Client& client, const std::string& who, const json& given);
};

constexpr bool required = true;

std::string text(const json& given, const char* name) { return given.at(name).get<std::string>(); }

void copy(const json& given, std::initializer_list<const char*> names, json& into) {
  for (const char* name : names) {
    if (given.contains(name)) into[name] = given[name];
  }
}

json send(Client& client, const std::string& who, const json& given) {
  json arguments{{"from", who}};
  copy(given, {"to", "body", "key"}, arguments);
  const bool to_many = text(given, "to").starts_with('@');
  return client.call(to_many ? "broadcast" : "send_message", arguments);
}

json broadcast(Client& client, const std::string& who, const json& given) {
  json arguments{{"from", who}, {"to", "@all"}};
  copy(given, {"to", "body", "key"}, arguments);
  return client.call("broadcast", arguments);
}

json inbox(Client& client, const std::string& who, const json& given) {
  json arguments{{"instance_id", who}};
  copy(given, {"status", "after", "limit"}, arguments);
  return client.call("list_messages", arguments);
}

json read_message(Client& client, const std::string& who, const json& given) {
  return client.call("read_message", {{"instance_id", who}, {"id", given.at("id")}});
}

json ack_message(Client& client, const std::string& who, const json& given) {
  return client.call("ack_message", {{"instance_id", who}, {"id", given.at("id")}});
}

json append_to_context(Client& client, const std::string& who, const json& given) {
  const std::string kind = given.value("kind", "note");
  return {{"context", who}, {"seq", append_entry(client, who, kind, text(given, "data"))}};
}

json read_context(Client& client, const std::string& who, const json& given) {
  json arguments{{"context", who}};
  copy(given, {"context", "from_seq", "limit"}, arguments);
  return client.call("read_context", arguments);
}

json hand_over(Client& client, const std::string& who, const json& given) {
  json arguments{{"from", who}};
  copy(given, {"to", "summary", "key"}, arguments);
  if (given.contains("from_dead")) {
    arguments["from"] = given["from_dead"];
    arguments["from_dead"] = true;
  }
  return client.call("context_handoff", arguments);
}

json accept_handoff(Client& client, const std::string& who, const json& given) {
  return accept_offered(client, given.at("id").get<std::uint64_t>(), who);
}

json complete(Client& client, const std::string& who, const json& given) {
  json arguments{{"agent", who}};
  copy(given, {"summary"}, arguments);
  return client.call("complete_agent", arguments);
}

json status(Client& client, const std::string& who, const json& /*given*/) {
  json shown{{"you", who}, {"instances", json::array()}};
  for (const json& each : client.list("list_instances", "instances")) {
    json row;
    copy(each, {"instance_id", "role", "repo", "state", "task"}, row);
    shown["instances"].push_back(std::move(row));
  }
  shown["handoffs"] =
      client.list("list_handoffs", "handoffs", {{"instance_id", who}, {"state", "pending"}});
  return shown;
}

constexpr Argument body_argument{"body", Type::text, "The text", required};
constexpr Argument key_argument{"key", Type::text,
                                "A text of yours; repeating a call with it has no effect"};
constexpr Argument message_id{"id", Type::whole_number, "The message's number", required};
constexpr std::array send_arguments{
    Argument{"to", Type::text,
             "A name; @role or @all: those of your repository; @@all: the whole yard", required},
    body_argument, key_argument};
constexpr std::array broadcast_arguments{
    body_argument, Argument{"to", Type::text, "@all, @role, @all@repo, @@all; without it: @all"},
    key_argument};
constexpr std::array inbox_arguments{
    Argument{"status", Type::text,
             "pending, delivered, read, acked or dead; without it: not acked"},
    Argument{"after", Type::whole_number, "Only messages after this one"},
    Argument{"limit", Type::whole_number, "So many at most"}};
constexpr std::array id_arguments{message_id};
constexpr std::array append_arguments{
    Argument{"data", Type::text, "What to keep: it outlives you, and whoever takes over reads it",
             required},
    Argument{"kind", Type::text, "decision, note, progress …; without it: note"}};
constexpr std::array read_arguments{
    Argument{"context", Type::text, "Yours, or one offered to you; without it: your own"},
    Argument{"from_seq", Type::whole_number, "From this entry on"},
    Argument{"limit", Type::whole_number, "So many at most"}};
constexpr std::array handoff_arguments{
    Argument{"to", Type::text, "The instance that is to take over", required},
    Argument{"summary", Type::text, "What it has to know first"},
    Argument{
        "from_dead", Type::text,
        "An instance that has ended: what it left is handed over, if your role may end others"},
    key_argument};
constexpr std::array accept_arguments{
    Argument{"id", Type::whole_number, "The handoff's number", required}};
constexpr std::array complete_arguments{
    Argument{"summary", Type::text, "What was done; the supervisor reads it"}};

constexpr std::array tools{
    Tool{"send", "Send a message",
         "Sends a message to another agent. It is stored before this returns, and stays in the "
         "inbox "
         "until it is acked.",
         send_arguments, false, false, send},
    Tool{"inbox", "List messages", "Lists the messages to you that are not acked, oldest first.",
         inbox_arguments, false, true, inbox},
    Tool{"read", "Read a message", "Shows one message whole; it is read then.", id_arguments, false,
         true, read_message},
    Tool{"ack", "Acknowledge a message", "Says that a message is dealt with.", id_arguments, false,
         true, ack_message},
    Tool{"broadcast", "Send a message to many",
         "Sends a message to everyone of your repository, or to a role: to all of them or to none.",
         broadcast_arguments, false, false, broadcast},
    Tool{"context_append", "Keep an entry",
         "Adds an entry to your context: a decision, a finding, progress. It is never lost.",
         append_arguments, false, false, append_to_context},
    Tool{"context_read", "Read a context",
         "Reads entries of a context in order, as many as fit; ask again from the next number.",
         read_arguments, true, true, read_context},
    Tool{"handoff", "Hand over your context",
         "Offers your whole context to another instance. Until that accepts, nothing can be added.",
         handoff_arguments, false, false, hand_over},
    Tool{"accept", "Take over a context",
         "Reads and checks the whole context that was offered to you, and makes it yours.",
         accept_arguments, false, false, accept_handoff},
    Tool{"complete", "Say that your task is done",
         "Ends you. Work that is not committed and pushed is saved aside. The supervisor is told.",
         complete_arguments, false, false, complete},
    Tool{"status",
         "See who is there",
         "Lists the living instances with their role, state and task, and the handoffs that wait "
         "for you.",
         {},
         true,
         true,
         status}};

const Tool* find_tool(std::string_view name) {
  const auto* const found =
      std::ranges::find_if(tools, [name](const Tool& tool) { return tool.name == name; });
  return found == tools.end() ? nullptr : found;
}

json schema_of(const Tool& tool) {
  json schema{{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
  json needed = json::array();
  for (const Argument& argument : tool.arguments) {
    json& property = schema["properties"][argument.name];
    property["description"] = argument.description;
    property["type"] = argument.type == Type::text ? "string" : "integer";
    if (argument.type == Type::whole_number) property["minimum"] = 0;
    if (argument.required) needed.push_back(argument.name);
  }
  if (!needed.empty()) schema["required"] = std::move(needed);
  return schema;
}

bool fits(const Argument& argument, const json& value) {
  return argument.type == Type::text ? value.is_string() : value.is_number_unsigned();
}

void check(const Tool& tool, const json& given) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorCode::invalid_request, what);
  };
  for (const Argument& argument : tool.arguments) {
    const auto found = given.find(argument.name);
    if (found == given.end()) {
      if (argument.required) refuse(std::string(argument.name) + ": is missing");
    } else if (!fits(argument, *found)) {
      refuse(std::string(argument.name) + ": must be " +
             (argument.type == Type::text ? "a text" : "a whole number from 0 up"));
    }
  }
  for (const auto& [name, value] : given.items()) {
    const auto is_this = [&](const Argument& argument) { return argument.name == name; };
    if (std::ranges::none_of(tool.arguments, is_this)) {
      refuse("there is no argument '" + name.substr(0, 64) + "'");
    }
  }
}

constexpr std::string_view inbox_uri = "yardmaster://inbox";
constexpr std::string_view context_uri = "yardmaster://context/";

}  // namespace

std::string McpTools::instructions() const {
  return "You are '" + who_ +
         "', one of several coding agents that a coordinator looks after. These tools reach the "
         "others: messages, contexts that are kept and can be handed over, and who is there.";
}

json McpTools::list() const {
  json listed = json::array();
  for (const Tool& tool : tools) {
    listed.push_back({{"name", tool.name},
                      {"title", tool.title},
                      {"description", tool.description},
                      {"inputSchema", schema_of(tool)},
                      {"annotations",
                       {{"readOnlyHint", tool.read_only},
                        {"destructiveHint", std::string_view(tool.name) == "complete"},
                        {"idempotentHint", tool.idempotent},
                        {"openWorldHint", false}}}});
  }
  return listed;
}

bool McpTools::has(std::string_view tool) const { return find_tool(tool) != nullptr; }

// A connection that a daemon's end has broken is found out by using it; what may be done twice is
// then tried on a new one.
template <class Use>
json McpTools::with_client(bool may_repeat, Use use) {
  const bool is_old = client_.has_value() && may_repeat;
  if (!client_) client_ = connect_();
  try {
    return use(*client_);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unavailable && error.code() != ErrorCode::timed_out) throw;
    client_.reset();
    if (!is_old || error.code() == ErrorCode::timed_out) throw;
  }
  client_ = connect_();
  return use(*client_);
}

json McpTools::call(std::string_view tool, const json& arguments) {
  const Tool* const found = find_tool(tool);
  if (found == nullptr) throw Error(ErrorCode::not_found, "there is no such tool");
  check(*found, arguments);
  const bool may_repeat = found->idempotent || arguments.contains("key");
  json given =
      with_client(may_repeat, [&](Client& client) { return found->call(client, who_, arguments); });
  note_shown(given);
  return given;
}

void McpTools::note_shown(const json& given) {
  shown_ =
      given.contains("messages") ? unconfirmed_of(given["messages"]) : std::vector<std::uint64_t>();
}

// What cannot be confirmed now is shown again.
void McpTools::confirm_shown() noexcept {
  const std::vector<std::uint64_t> shown = std::exchange(shown_, {});
  if (shown.empty()) return;
  try {
    with_client(true, [&](Client& client) {
      confirm_delivery(client, who_, shown);
      return json();
    });
  } catch (const std::exception&) {
    client_.reset();
  }
}

json McpTools::resources() const {
  return json::array({{{"uri", inbox_uri},
                       {"name", "inbox"},
                       {"title", "Messages to you that are not acked"},
                       {"mimeType", "application/json"}},
                      {{"uri", std::string(context_uri) + who_},
                       {"name", "context"},
                       {"title", "Your own context"},
                       {"mimeType", "application/json"}}});
}

json McpTools::resource_templates() const {
  return json::array({{{"uriTemplate", std::string(context_uri) + "{instance}"},
                       {"name", "context"},
                       {"title", "A context of yours, or one offered to you"},
                       {"mimeType", "application/json"}}});
}

std::optional<json> McpTools::read(const std::string& uri) {
  if (uri == inbox_uri) {
    json given =
        with_client(true, [&](Client& client) { return inbox(client, who_, json::object()); });
    note_shown(given);
    return given;
  }
  if (!uri.starts_with(context_uri)) return std::nullopt;
  const json wanted{{"context", uri.substr(context_uri.size())}};
  return with_client(true, [&](Client& client) { return read_context(client, who_, wanted); });
}

}  // namespace yardmaster::cli
