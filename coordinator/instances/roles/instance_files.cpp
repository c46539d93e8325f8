#include "coordinator/instances/roles/instance_files.h"

#include <array>
#include <utility>

#include "coordinator/base/shell_quote.h"
#include "coordinator/instances/roles/new_files.h"

namespace yardmaster {
namespace {

using nlohmann::json;

constexpr int hook_timeout_seconds = 5;
// A session may be left alone that long; then nothing wakes it any more.
constexpr int wait_timeout_seconds = 7 * 24 * 3600;

std::string to_file(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

json identity_of(const InstanceFiles& files) {
  return {
      {"instance_id", files.instance_id},        {"role", files.role},
      {"socket_path", files.socket_path},        {"metamcp_broker", "unix:" + files.broker_socket},
      {"worktree_path", files.worktree_path},    {"base_branch", files.base_branch},
      {"instance_branch", files.instance_branch}};
}

json hook_of(const std::string& program, const char* argument, int timeout_seconds) {
  return {{"type", "command"},
          {"command", shell_quote(program) + " hook " + argument},
          {"timeout", timeout_seconds}};
}

// Claude Code runs it beside the session, and goes on with what it has said when it exits with 2.
json waiting_hook(const std::string& program) {
  json hook = hook_of(program, "wait", wait_timeout_seconds);
  hook["asyncRewake"] = true;
  return hook;
}

json hooks_of(const std::string& program, bool wakes) {
  constexpr std::array<std::pair<const char*, const char*>, 5> events{
      {{"SessionStart", "session-start"},
       {"UserPromptSubmit", "prompt"},
       {"PostToolUse", "tool"},
       {"Stop", "stop"},
       {"SessionEnd", "session-end"}}};
  json hooks = json::object();
  for (const auto& [event, argument] : events) {
    json commands = json::array({hook_of(program, argument, hook_timeout_seconds)});
    // Behind these two the session waits.
    const std::string_view name = event;
    const bool is_waiting = name == "SessionStart" || name == "Stop";
    if (is_waiting && wakes) commands.push_back(waiting_hook(program));
    json group{{"hooks", std::move(commands)}};
    hooks[event] = json::array({std::move(group)});
  }
  return hooks;
}

// Servers that we define need no approval at the terminal: who wrote roles.json gave it. Those of
// the repository do.
json settings_of(const InstanceFiles& files, bool approves_servers) {
  json settings = json::object();
  if (!files.hook_program.empty())
    settings["hooks"] = hooks_of(files.hook_program, files.hooks_wake);
  if (!approves_servers) return settings;
  json names = json::array();
  for (const auto& [name, ignored] : files.mcp_servers.items()) names.push_back(name);
  settings["enabledMcpjsonServers"] = std::move(names);
  return settings;
}

}  // namespace

std::vector<std::string> own_file_patterns(const FileParts& parts, bool has_servers) {
  const bool servers = parts.mcp_files && has_servers;
  std::vector<std::string_view> files{instance_file};
  if (servers) files.push_back(mcp_file);
  if (parts.hooks || servers) files.push_back(settings_file);
  std::vector<std::string> patterns;
  for (const std::string_view file : files) patterns.emplace_back("/").append(file);
  return patterns;
}

WrittenFiles write_instance_files(const std::filesystem::path& worktree, const InstanceFiles& files,
                                  const std::function<bool(const std::string& path)>& is_there) {
  WrittenFiles result;
  NewFiles writer(worktree);
  const auto write = [&](std::string_view name, const json& value) {
    const std::string path(name);
    const bool is_ours = !(is_there && is_there(path)) && writer.write(path, to_file(value));
    (is_ours ? result.written : result.left_alone).push_back(path);
    return is_ours;
  };
  write(instance_file, identity_of(files));
  const bool has_servers = !files.mcp_servers.empty();
  const bool wrote_servers = has_servers && write(mcp_file, {{"mcpServers", files.mcp_servers}});
  const json settings = settings_of(files, wrote_servers);
  if (!settings.empty()) write(settings_file, settings);
  writer.keep();
  return result;
}

}  // namespace yardmaster
