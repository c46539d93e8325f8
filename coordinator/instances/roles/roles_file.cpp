#include "coordinator/instances/roles/roles_file.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/domain/names.h"
#include "coordinator/instances/roles/command_words.h"
#include "coordinator/instances/roles/field.h"
#include "coordinator/instances/roles/text_file.h"

namespace yardmaster {
namespace {

using nlohmann::json;

constexpr std::size_t max_prompt_bytes = 1U << 20U;

void require_server_name(const Field& server, const std::string& name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  if (name.empty() || name.size() > 64 || !std::all_of(name.begin(), name.end(), is_allowed)) {
    server.refuse("is not a server's name: use 1 to 64 letters, digits, '-' and '_'");
  }
}

json read_server(const Field& server) {
  server.require_keys({"command", "args", "env"});
  if (!server.has("command")) server.refuse("needs a command");
  json definition{{"command", server.at("command").non_empty_text()}};
  if (server.has("args")) {
    for (const Field& argument : server.at("args").elements()) argument.text();
    definition["args"] = server.at("args").value();
  }
  if (server.has("env")) {
    const Field environment = server.at("env");
    for (const std::string& name : environment.keys()) environment.at(name).text();
    definition["env"] = environment.value();
  }
  return definition;
}

std::string read_prompt(const Field& role, const std::filesystem::path& directory) {
  if (role.has("prompt") && role.has("prompt_file")) {
    role.at("prompt_file").refuse("there is a prompt already; say one of the two");
  }
  if (role.has("prompt")) return role.at("prompt").non_empty_text();
  if (!role.has("prompt_file")) return "";
  const Field name = role.at("prompt_file");
  const std::filesystem::path file = directory / name.non_empty_text();
  try {
    const auto text = read_text_file(file, max_prompt_bytes);
    if (!text) name.refuse(file.string() + " does not exist");
    if (text->empty()) name.refuse(file.string() + " is empty");
    return *text;
  } catch (const Error& failure) {
    if (failure.code() == ErrorCode::usage) throw;
    name.refuse(failure.what());
  }
}

std::vector<std::string> read_server_names(const Field& names, const RolesFile& content) {
  std::vector<std::string> servers;
  for (const Field& name : names.elements()) {
    servers.push_back(name.text());
    if (!content.mcp_servers.contains(servers.back())) {
      name.refuse("'" + servers.back() + "' is not defined in mcp_servers");
    }
  }
  return servers;
}

std::vector<std::string> read_rights(const Field& rights) {
  constexpr std::string_view known[] = {"read", "spawn", "end", "all"};
  std::vector<std::string> may;
  for (const Field& right : rights.elements()) {
    may.push_back(right.text());
    if (std::ranges::find(known, may.back()) != std::end(known)) continue;
    right.refuse("'" + may.back() + "' is not read, spawn, end or all");
  }
  return may;
}

std::string read_kind_name(const Field& agent, const RolesFile& content) {
  std::string name = agent.text();
  const auto has_name = [&](const AgentKind& kind) { return kind.name == name; };
  if (std::ranges::any_of(content.kinds, has_name)) return name;
  std::string names;
  for (const AgentKind& kind : content.kinds) names += (names.empty() ? "" : ", ") + kind.name;
  agent.refuse("there is no kind of agent '" + name + "'; there are: " + names);
}

std::string read_agent_command(const Field& command) {
  std::string text = command.text();
  try {
    split_command(text);
  } catch (const Error& failure) {
    command.refuse(failure.what());
  }
  return text;
}

RoleEntry read_role(const Field& role, const std::string& name, const RolesFile& content,
                    const std::filesystem::path& directory) {
  if (!is_valid_name(name)) {
    role.refuse("is not a role's name: use 1 to 63 of a-z, 0-9 and '-', not starting with '-'");
  }
  role.require_keys({"prompt", "prompt_file", "persistent", "mcp_servers", "agent_command", "may",
                     "wake", "first_prompt", "agent"});
  RoleEntry entry;
  entry.name = name;
  entry.prompt = read_prompt(role, directory);
  if (role.has("persistent")) entry.persistent = role.at("persistent").flag();
  if (role.has("may")) entry.may = read_rights(role.at("may"));
  if (role.has("first_prompt")) entry.first_prompt = role.at("first_prompt").text();
  if (role.has("wake")) entry.wake = read_wake_way(role.at("wake"));
  if (role.has("agent")) entry.agent = read_kind_name(role.at("agent"), content);
  if (role.has("mcp_servers")) {
    entry.mcp_servers = read_server_names(role.at("mcp_servers"), content);
  }
  if (role.has("agent_command")) entry.agent_command = read_agent_command(role.at("agent_command"));
  return entry;
}

void read_servers(const Field& servers, RolesFile& content) {
  for (const std::string& name : servers.keys()) {
    require_server_name(servers.at(name), name);
    content.mcp_servers[name] = read_server(servers.at(name));
  }
}

}  // namespace

RolesFile read_roles_file(const std::filesystem::path& file,
                          const std::vector<std::string>& known_roles) {
  RolesFile content;
  content.kinds = built_in_agent_kinds();
  std::error_code failure;
  if (std::filesystem::status(file, failure).type() == std::filesystem::file_type::not_found) {
    return content;
  }
  const json parsed = read_json_file(file);
  const Field root(parsed, file.string(), "");
  root.require_keys({"roles", "mcp_servers", "agents"});
  if (root.has("agents")) read_agent_kinds(root.at("agents"), content.kinds);
  if (root.has("mcp_servers")) read_servers(root.at("mcp_servers"), content);
  if (!root.has("roles")) return content;
  const Field roles = root.at("roles");
  for (const std::string& name : roles.keys()) {
    const Field role = roles.at(name);
    content.roles.push_back(read_role(role, name, content, file.parent_path()));
    const bool is_known =
        std::find(known_roles.begin(), known_roles.end(), name) != known_roles.end();
    if (content.roles.back().prompt.empty() && !is_known) {
      role.refuse("needs a prompt or a prompt_file");
    }
  }
  return content;
}

}  // namespace yardmaster
