// What a kind of agent is given so that it tells what it does, hears of its messages, has the tools
// of its role and may use the coordinator's own: by flags and variables where it takes them, since
// the files of a worktree are the repository's. Pure, any thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/instances/roles/agent_kind.h"

namespace yardmaster {

struct ConfigurationFacts {
  std::string program;              // the yardmaster that hooks call
  bool hooks = true;                // are switched on
  bool wakes = true;                // one of them waits beside the session that waits
  std::filesystem::path directory;  // for files of this instance alone
  std::filesystem::path prompt_file;
  nlohmann::json mcp_servers = nlohmann::json::object();  // name to {command, args, env}
};

struct AgentConfiguration {
  std::vector<std::string> options;  // words of its command
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> files;           // below `directory`, with their texts
  std::map<std::string, std::string> worktree_files;  // which there may be already
};

AgentConfiguration configuration_of(const AgentKind& kind, const ConfigurationFacts& facts);

// The hooks of a kind, as Claude Code's settings have them.
nlohmann::json claude_hooks(const AgentKind& kind, const ConfigurationFacts& facts);

}  // namespace yardmaster
