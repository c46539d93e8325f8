// A kind of agent is what has to be known of a program to run it as an instance: how it is started
// and told what to do, by which hooks it says what it does, how it gets its configuration and how
// it is woken. agents.json has the built-in kinds, and roles.json adds others in the same form:
//
//   {NAME: {"like": NAME,              another kind, whose rows are its own where it says nothing
//           "programs": [FILE NAME…],  by which it is recognised in a command
//           "options": [{"words": […], "unless": […]}…], "skip_permissions": {…}, "begin": […],
//           "environment": {…}, "configuration": FORM, "hooks": {ITS EVENT: OURS}, "wake": WAY}}
//
// Pure, any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/instances/roles/field.h"
#include "coordinator/instances/roles/wake_way.h"

namespace yardmaster {

// In which form an agent reads hooks and MCP servers (agent_configuration.h).
enum class ConfigurationForm { none, worktree, claude, codex, gemini, opencode };

// Words that stand together, with placeholders (agent_command.h). They are left out where one of
// these is empty, where the command has it, and where the command has an option of `unless`.
struct AgentOption {
  std::vector<std::string> words;
  std::vector<std::string> unless;
};

struct AgentKind {
  std::string name;
  std::vector<std::string> programs;
  std::vector<AgentOption> options;  // behind the program
  AgentOption skip_permissions;      // when that is asked for
  AgentOption begin;                 // at the end, unless the command says {task}
  std::map<std::string, std::string> environment;
  ConfigurationForm configuration = ConfigurationForm::none;
  std::map<std::string, std::string> hooks;  // its event to ours (cli/hook_event.h)
  WakeWay wake = WakeWay::pane;              // where hooks are switched on; in its pane otherwise
};

std::vector<AgentKind> built_in_agent_kinds();

// Adds the kinds of a file, or changes those that there are. Throws Error{usage}.
void read_agent_kinds(const Field& agents, std::vector<AgentKind>& kinds);

// Which of them a command's program is; `command` where none is recognised.
const AgentKind& kind_of_command(const std::vector<AgentKind>& kinds, const std::string& command);

// Throws Error{usage}, or not_found for a kind that there is not.
WakeWay read_wake_way(const Field& wake);
const AgentKind& find_kind(const std::vector<AgentKind>& kinds, std::string_view name);

}  // namespace yardmaster
