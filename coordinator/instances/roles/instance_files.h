// The files in a worktree that tell an agent where it is: .claude/instance.json, and for agents
// that are not known, or take no flags for it, settings with our hooks and the MCP servers of their
// role. Blocking: for a worker.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/instances/roles/agent_kind.h"

namespace yardmaster {

inline constexpr std::string_view instance_file = ".claude/instance.json";
inline constexpr std::string_view settings_file = ".claude/settings.local.json";
inline constexpr std::string_view mcp_file = ".mcp.json";
inline constexpr std::string_view gemini_settings_file = ".gemini/settings.json";

// The parts that the configuration has switched on.
struct FileParts {
  bool hooks = true;
  bool mcp_files = true;
};

// Those that are written for an instance whose role has MCP servers or none, as git's exclude files
// have them: "/.mcp.json". A file that is not ours is the agent's work.
std::vector<std::string> own_file_patterns(ConfigurationForm form, const FileParts& parts,
                                           bool has_servers);

// As we write JSON into files.
std::string file_text(const nlohmann::json& value);

struct InstanceFiles {
  std::string instance_id;
  std::string role;
  std::string socket_path;
  std::string broker_socket;
  std::string worktree_path;
  std::string base_branch;
  std::string instance_branch;
  nlohmann::json hooks = nlohmann::json::object();  // as the settings have them; empty: none
  // Name to definition, see Roles::mcp_definition(); empty: no .mcp.json.
  nlohmann::json mcp_servers = nlohmann::json::object();
  std::map<std::string, std::string> others;  // paths and texts of further ones
};

// Paths relative to the worktree.
struct WrittenFiles {
  std::vector<std::string> written;
  std::vector<std::string> left_alone;  // the repository's, or there already
};

// Writes what is not there yet, for the owner alone (0600, 0700). What exists is never changed, nor
// what `is_there` knows (say, what the repository tracks and did not check out), and no link is
// followed out of the worktree. A file of ours from an earlier, interrupted call counts as written.
// Throws storage_full or storage_failed, and then leaves nothing of this call behind.
WrittenFiles write_instance_files(
    const std::filesystem::path& worktree, const InstanceFiles& files,
    const std::function<bool(const std::string& path)>& is_there = {});

}  // namespace yardmaster
