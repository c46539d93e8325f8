// roles.json as people write it: JSON with comments. Reads files and may block.
//
//   {"roles": {NAME: {"prompt" | "prompt_file", "persistent", "mcp_servers", "agent_command",
//                     "may", "wake", "first_prompt", "agent"}},
//    "mcp_servers": {NAME: {"command", "args", "env"}},
//    "agents": {NAME: …}}                   (agent_kind.h)
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/instances/roles/agent_kind.h"
#include "coordinator/instances/roles/wake_way.h"

namespace yardmaster {

struct RoleEntry {
  std::string name;
  std::string prompt;  // may be empty only for a role that is known already
  std::optional<bool> persistent;
  std::optional<std::vector<std::string>> mcp_servers;
  std::optional<std::string> agent_command;
  std::optional<std::vector<std::string>> may;  // "read", "spawn", "end", "all"
  std::optional<WakeWay> wake;
  std::optional<std::string> first_prompt;  // may be empty
  std::optional<std::string> agent;         // a kind's name
};

struct RolesFile {
  std::vector<RoleEntry> roles;  // by name
  std::map<std::string, nlohmann::json, std::less<>> mcp_servers;
  std::vector<AgentKind> kinds;  // the built-in ones, as the file changes them, and its own
};

// Returns the built-in kinds alone when the file does not exist. `known_roles` need no prompt.
// Throws Error{usage} that begins with the file's name and the key's path.
RolesFile read_roles_file(const std::filesystem::path& file,
                          const std::vector<std::string>& known_roles);

}  // namespace yardmaster
