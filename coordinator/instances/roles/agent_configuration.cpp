#include "coordinator/instances/roles/agent_configuration.h"

#include <array>
#include <cctype>
#include <string_view>

#include "coordinator/base/sha256.h"
#include "coordinator/base/shell_quote.h"
#include "coordinator/instances/roles/instance_files.h"
#include "embedded/broadcast.md.h"
#include "embedded/context-handoff.md.h"
#include "embedded/gemini_policy.toml.h"
#include "embedded/opencode_plugin.js.h"

namespace yardmaster {
namespace {

using nlohmann::json;

constexpr int hook_timeout_seconds = 5;
// A session may be left alone that long; then nothing wakes it any more.
constexpr int wait_timeout_seconds = 7 * 24 * 3600;

// What an agent says to its coordinator needs nobody's permission; but none of it starts another
// program than the configured ones.
constexpr std::array<const char*, 16> free_verbs{
    "ack",     "agent", "broadcast", "complete", "context", "events", "handoff", "help",
    "history", "inbox", "list",      "logs",     "ls",      "read",   "send",    "status"};

std::string compact(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string hook_command(const ConfigurationFacts& facts, const std::string& event) {
  return shell_quote(facts.program) + " hook " + event;
}

json command_hook(const std::string& command, int timeout) {
  return {{"type", "command"}, {"command", command}, {"timeout", timeout}};
}

// Claude Code runs it beside the session, and goes on with what it has said when it exits with 2.
json waiting_hook(const ConfigurationFacts& facts) {
  json hook = command_hook(hook_command(facts, "wait"), wait_timeout_seconds);
  hook["asyncRewake"] = true;
  return hook;
}

json claude_settings(const AgentKind& kind, const ConfigurationFacts& facts) {
  json settings = json::object();
  if (facts.hooks) settings["hooks"] = claude_hooks(kind, facts);
  json allowed = json::array({"mcp__yardmaster"});
  for (const char* verb : free_verbs) {
    allowed.push_back("Bash(yardmaster " + std::string(verb) + ":*)");
  }
  allowed.push_back("Bash(yardmaster spawn:*)");
  settings["permissions"] = {{"allow", std::move(allowed)},
                             {"ask", json::array({"Bash(yardmaster spawn*--agent*)"})}};
  return settings;
}

AgentConfiguration claude_configuration(const AgentKind& kind, const ConfigurationFacts& facts) {
  AgentConfiguration made;
  if (!facts.mcp_servers.empty()) {
    made.files["mcp.json"] = file_text({{"mcpServers", facts.mcp_servers}});
    made.options = {"--mcp-config", (facts.directory / "mcp.json").string()};
  }
  made.files["settings.json"] = file_text(claude_settings(kind, facts));
  made.files["plugin/.claude-plugin/plugin.json"] =
      file_text({{"name", "yardmaster"}, {"description", "Words for talking to other instances"}});
  made.files["plugin/skills/context-handoff/SKILL.md"] = embedded::context_handoff_md;
  made.files["plugin/skills/broadcast/SKILL.md"] = embedded::broadcast_md;
  const std::vector<std::string> last{"--settings", (facts.directory / "settings.json").string(),
                                      "--plugin-dir", (facts.directory / "plugin").string()};
  made.options.insert(made.options.end(), last.begin(), last.end());
  return made;
}

// JSON's texts and numbers are TOML's, too.
std::string to_toml(const json& value) {
  if (!value.is_structured()) return compact(value);
  std::string text;
  for (const auto& [key, each] : value.items()) {
    if (!text.empty()) text += ",";
    if (value.is_object()) text += compact(key) + "=";
    text += to_toml(each);
  }
  return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

// PostToolUse: post_tool_use
std::string snake_case(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isupper(letter) != 0 && !text.empty()) text += '_';
    text += static_cast<char>(std::tolower(letter));
  }
  return text;
}

// Codex gives the last one no longer.
json codex_hook(const ConfigurationFacts& facts, const std::string& event) {
  constexpr int end_timeout_seconds = 3;
  const bool is_end = event == "session-end";
  return command_hook(hook_command(facts, event),
                      is_end ? end_timeout_seconds : hook_timeout_seconds);
}

// Codex runs a hook once a person has trusted what it says, which it knows by this digest. Ours
// come with the command that starts it, from whoever configured the coordinator.
json codex_trust(const AgentKind& kind, const ConfigurationFacts& facts) {
  json trust = json::object();
  for (const auto& [event, ours] : kind.hooks) {
    json hook = codex_hook(facts, ours);
    hook["async"] = false;
    const json identity{{"event_name", snake_case(event)}, {"hooks", json::array({hook})}};
    trust["/<session-flags>/config.toml:" + snake_case(event) + ":0:0"] = {
        {"trusted_hash", "sha256:" + sha256_hex(compact(identity))}};
  }
  return trust;
}

AgentConfiguration codex_configuration(const AgentKind& kind, const ConfigurationFacts& facts) {
  AgentConfiguration made;
  const auto set = [&](const std::string& key, const json& value) {
    made.options.insert(made.options.end(), {"-c", key + "=" + to_toml(value)});
  };
  for (const auto& [event, ours] : kind.hooks) {
    if (!facts.hooks) break;
    const json group{{"hooks", json::array({codex_hook(facts, ours)})}};
    set("hooks." + event, json::array({group}));
  }
  if (facts.hooks) set("hooks.state", codex_trust(kind, facts));
  for (const auto& [name, server] : facts.mcp_servers.items()) set("mcp_servers." + name, server);
  // A login shell would set PATH anew, without our own program.
  set("allow_login_shell", false);
  // Its sandbox keeps commands from sockets; a server is started outside of that.
  set("mcp_servers.yardmaster",
      {{"command", facts.program},
       {"args", json::array({"mcp"})},
       {"env_vars", json::array({"YARDMASTER_INSTANCE", "YARDMASTER_SOCKET"})},
       {"default_tools_approval_mode", "approve"}});
  return made;
}

json gemini_settings(const AgentKind& kind, const ConfigurationFacts& facts) {
  json settings = json::object();
  if (!facts.mcp_servers.empty()) settings["mcpServers"] = facts.mcp_servers;
  for (const auto& [event, ours] : kind.hooks) {
    if (!facts.hooks) break;
    json hook = command_hook(hook_command(facts, ours), hook_timeout_seconds * 1000);
    hook["name"] = "yardmaster";
    const json group{{"hooks", json::array({std::move(hook)})}};
    settings["hooks"][event] = json::array({group});
  }
  return settings;
}

AgentConfiguration gemini_configuration(const AgentKind& kind, const ConfigurationFacts& facts) {
  AgentConfiguration made;
  const json settings = gemini_settings(kind, facts);
  if (!settings.empty()) {
    made.worktree_files[std::string(gemini_settings_file)] = file_text(settings);
  }
  made.files["policy.toml"] = embedded::gemini_policy_toml;
  made.options = {"--policy", (facts.directory / "policy.toml").string(), "--include-directories",
                  facts.prompt_file.parent_path().string()};
  return made;
}

std::string with_program(std::string_view plugin, const std::string& program) {
  constexpr std::string_view place = "\"{program}\"";
  std::string text(plugin);
  return text.replace(text.find(place), place.size(), compact(program));
}

AgentConfiguration opencode_configuration(const ConfigurationFacts& facts) {
  AgentConfiguration made;
  json config{{"instructions", json::array({facts.prompt_file.string()})}};
  if (facts.hooks) {
    made.files["plugin.js"] = with_program(embedded::opencode_plugin_js, facts.program);
    config["plugin"] = json::array({"file://" + (facts.directory / "plugin.js").string()});
  }
  for (const auto& [name, server] : facts.mcp_servers.items()) {
    json words = json::array({server.at("command")});
    for (const json& word : server.value("args", json::array())) words.push_back(word);
    config["mcp"][name] = {{"type", "local"},
                           {"command", std::move(words)},
                           {"environment", server.value("env", json::object())}};
  }
  made.files["opencode.json"] = file_text(config);
  made.environment["OPENCODE_CONFIG"] = (facts.directory / "opencode.json").string();
  return made;
}

}  // namespace

json claude_hooks(const AgentKind& kind, const ConfigurationFacts& facts) {
  json hooks = json::object();
  for (const auto& [event, ours] : kind.hooks) {
    json commands = json::array({command_hook(hook_command(facts, ours), hook_timeout_seconds)});
    // Behind these two the session waits.
    const bool is_waiting = ours == "session-start" || ours == "stop";
    if (is_waiting && facts.wakes) commands.push_back(waiting_hook(facts));
    json group{{"hooks", std::move(commands)}};
    hooks[event] = json::array({std::move(group)});
  }
  return hooks;
}

AgentConfiguration configuration_of(const AgentKind& kind, const ConfigurationFacts& facts) {
  AgentConfiguration made;
  switch (kind.configuration) {
    case ConfigurationForm::claude:
      made = claude_configuration(kind, facts);
      break;
    case ConfigurationForm::codex:
      made = codex_configuration(kind, facts);
      break;
    case ConfigurationForm::gemini:
      made = gemini_configuration(kind, facts);
      break;
    case ConfigurationForm::opencode:
      made = opencode_configuration(facts);
      break;
    case ConfigurationForm::none:
    case ConfigurationForm::worktree:
      break;
  }
  made.environment.insert(kind.environment.begin(), kind.environment.end());
  return made;
}

}  // namespace yardmaster
