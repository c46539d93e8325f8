#include "coordinator/instances/roles/roles.h"

#include <algorithm>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/instances/roles/roles_file.h"
#include "embedded/architect.md.h"
#include "embedded/debugger.md.h"
#include "embedded/developer.md.h"
#include "embedded/merge-queue.md.h"
#include "embedded/supervisor.md.h"
#include "embedded/worker.md.h"

namespace yardmaster {
namespace {

// Of a persistent role, which nobody gives a task: its agent would wait at an empty prompt for
// ever.
constexpr const char* usual_first_prompt =
    "You have just been started, or started again after an end. Begin with what your role does at "
    "its start: first your messages (yardmaster inbox), then what there is to do.";

Role built_in(std::string_view name, bool persistent, std::string_view prompt) {
  Role role;
  role.name = name;
  role.persistent = persistent;
  role.prompt = prompt;
  if (persistent) role.first_prompt = usual_first_prompt;
  return role;
}

std::vector<Role> built_in_roles() {
  Role supervisor = built_in("supervisor", true, embedded::supervisor_md);
  supervisor.may = {"read", "spawn", "end"};
  return {std::move(supervisor),
          built_in("merge-queue", true, embedded::merge_queue_md),
          built_in("worker", false, embedded::worker_md),
          built_in("developer", false, embedded::developer_md),
          built_in("debugger", false, embedded::debugger_md),
          built_in("architect", false, embedded::architect_md)};
}

void extend(Role& role, RoleEntry entry) {
  if (!entry.prompt.empty()) {
    if (!role.prompt.empty()) role.prompt += "\n";
    role.prompt += entry.prompt;
  }
  if (entry.persistent) role.persistent = *entry.persistent;
  if (entry.first_prompt) role.first_prompt = std::move(*entry.first_prompt);
  if (entry.mcp_servers) role.mcp_servers = std::move(*entry.mcp_servers);
  if (entry.may) role.may = std::move(*entry.may);
  if (entry.wake) role.wake = entry.wake;
  if (entry.agent) role.agent = std::move(*entry.agent);
  if (entry.agent_command) role.agent_command = std::move(*entry.agent_command);
}

}  // namespace

Roles Roles::load(const std::filesystem::path& roles_file) {
  Roles roles;
  roles.file_ = roles_file;
  roles.roles_ = built_in_roles();
  std::vector<std::string> known;
  known.reserve(roles.roles_.size());
  for (const Role& role : roles.roles_) known.push_back(role.name);
  RolesFile content = read_roles_file(roles_file, known);
  roles.mcp_servers_ = std::move(content.mcp_servers);
  roles.kinds_ = std::move(content.kinds);
  for (RoleEntry& entry : content.roles) {
    Role& role = roles.find_or_add(entry.name);
    const bool says_how_to_begin = entry.first_prompt.has_value();
    extend(role, std::move(entry));
    if (!says_how_to_begin) role.first_prompt = role.persistent ? usual_first_prompt : "";
  }
  return roles;
}

Role& Roles::find_or_add(const std::string& name) {
  for (Role& role : roles_) {
    if (role.name == name) return role;
  }
  Role role;
  role.name = name;
  return roles_.emplace_back(std::move(role));
}

const Role* Roles::look_up(std::string_view name) const {
  for (const Role& role : roles_) {
    if (role.name == name) return &role;
  }
  return nullptr;
}

const Role& Roles::find(std::string_view name) const {
  if (const Role* const role = look_up(name)) return *role;
  std::string names;
  for (const Role& role : roles_) names += (names.empty() ? "" : ", ") + role.name;
  throw Error(ErrorCode::not_found, "there is no role '" + std::string(name.substr(0, 80)) +
                                        "'; there are: " + names + " (" + file_.string() +
                                        " can add others)");
}

nlohmann::json Roles::mcp_definition(std::string_view name) const {
  const auto found = mcp_servers_.find(name);
  if (found != mcp_servers_.end()) return found->second;
  throw Error(ErrorCode::not_found, "there is no MCP server '" + std::string(name.substr(0, 80)) +
                                        "' in " + file_.string());
}

const AgentKind& Roles::kind_of(std::string_view role, const std::string& agent_command) const {
  const Role* const known = look_up(role);
  const bool is_said = known != nullptr && !known->agent.empty();
  return is_said ? find_kind(kinds_, known->agent) : kind_of_command(kinds_, agent_command);
}

WakeWay Roles::wake_way_of(std::string_view role, const std::string& agent_command,
                           bool has_hooks) const {
  const Role* const known = look_up(role);
  if (known != nullptr && known->wake) return *known->wake;
  const WakeWay usual = kind_of(role, agent_command).wake;
  return usual == WakeWay::hooks && !has_hooks ? WakeWay::pane : usual;
}

}  // namespace yardmaster
