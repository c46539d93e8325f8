#include "coordinator/instances/roles/instance_files.h"

#include <utility>

#include "coordinator/instances/roles/new_files.h"

namespace yardmaster {
namespace {

using nlohmann::json;

json identity_of(const InstanceFiles& files) {
  return {
      {"instance_id", files.instance_id},        {"role", files.role},
      {"socket_path", files.socket_path},        {"metamcp_broker", "unix:" + files.broker_socket},
      {"worktree_path", files.worktree_path},    {"base_branch", files.base_branch},
      {"instance_branch", files.instance_branch}};
}

// Servers that we define need no approval at the terminal: who wrote roles.json gave it. Those of
// the repository do.
json settings_of(const InstanceFiles& files, bool approves_servers) {
  json settings = json::object();
  if (!files.hooks.empty()) settings["hooks"] = files.hooks;
  if (!approves_servers) return settings;
  json names = json::array();
  for (const auto& [name, ignored] : files.mcp_servers.items()) names.push_back(name);
  settings["enabledMcpjsonServers"] = std::move(names);
  return settings;
}

}  // namespace

std::string file_text(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::vector<std::string> own_file_patterns(ConfigurationForm form, const FileParts& parts,
                                           bool has_servers) {
  const bool servers = parts.mcp_files && has_servers;
  const bool in_worktree = form == ConfigurationForm::worktree;
  const bool is_gemini = form == ConfigurationForm::gemini;
  std::vector<std::string_view> files{instance_file};
  if (in_worktree && servers) files.push_back(mcp_file);
  if (in_worktree && (parts.hooks || servers)) files.push_back(settings_file);
  if (is_gemini && (parts.hooks || servers)) files.push_back(gemini_settings_file);
  std::vector<std::string> patterns;
  for (const std::string_view file : files) patterns.emplace_back("/").append(file);
  return patterns;
}

WrittenFiles write_instance_files(const std::filesystem::path& worktree, const InstanceFiles& files,
                                  const std::function<bool(const std::string& path)>& is_there) {
  WrittenFiles result;
  NewFiles writer(worktree);
  const auto write_text = [&](const std::string& path, const std::string& text) {
    const bool is_ours = !(is_there && is_there(path)) && writer.write(path, text);
    (is_ours ? result.written : result.left_alone).push_back(path);
    return is_ours;
  };
  const auto write = [&](std::string_view name, const json& value) {
    return write_text(std::string(name), file_text(value));
  };
  write(instance_file, identity_of(files));
  const bool has_servers = !files.mcp_servers.empty();
  const bool wrote_servers = has_servers && write(mcp_file, {{"mcpServers", files.mcp_servers}});
  const json settings = settings_of(files, wrote_servers);
  if (!settings.empty()) write(settings_file, settings);
  for (const auto& [name, text] : files.others) write_text(name, text);
  writer.keep();
  return result;
}

}  // namespace yardmaster
