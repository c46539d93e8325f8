// The roles that an instance can have: the built-in ones (prompts/*.md), and what roles.json adds.
// Loading reads files and may block; what was loaded never changes, so any thread may read it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/instances/roles/agent_kind.h"
#include "coordinator/instances/roles/wake_way.h"

namespace yardmaster {

struct Role {
  std::string name;
  bool persistent = false;  // lives until it is removed, and is started again when it dies
  std::string prompt;
  std::vector<std::string> mcp_servers;  // names; see Roles::mcp_definition()
  std::string agent_command;             // empty: the default one
  std::string agent;                     // its kind; empty: as is recognised from the command
  // On its own socket, besides what concerns itself: "read" (contexts), "spawn", "end" (of its
  // repository), "all".
  std::vector<std::string> may;
  std::optional<WakeWay> wake;  // none: as is usual for its kind of agent
  // What an agent of it that has no task is told first, so that it begins; empty: nothing.
  std::string first_prompt;
};

class Roles {
 public:
  // The built-in roles and what the file says, which need not exist. Of a built-in role it can
  // extend the prompt and replace the rest. Throws Error{usage} that begins with the file and the
  // key's path, e.g. "…/roles.json: roles.reviewer.mcp_servers[0]: …".
  static Roles load(const std::filesystem::path& roles_file);

  // Throws not_found, which lists the roles that there are.
  const Role& find(std::string_view name) const;
  const Role* look_up(std::string_view name) const;  // nullptr when there is none
  // The built-in ones, then the others by name.
  const std::vector<Role>& all() const { return roles_; }
  // {command, args, env}, as .mcp.json has it. Throws not_found.
  nlohmann::json mcp_definition(std::string_view name) const;

  // The kind of agent that a role, which need not be known, has with this command.
  const AgentKind& kind_of(std::string_view role, const std::string& agent_command) const;
  // By the role, else as is usual for the kind where hooks are switched on, or not.
  WakeWay wake_way_of(std::string_view role, const std::string& agent_command,
                      bool has_hooks) const;

 private:
  Role& find_or_add(const std::string& name);

  std::filesystem::path file_;
  std::vector<Role> roles_;
  std::map<std::string, nlohmann::json, std::less<>> mcp_servers_;
  std::vector<AgentKind> kinds_;
};

}  // namespace yardmaster
