#include "coordinator/cli/agent_environment.h"

#include <algorithm>
#include <array>

namespace yardmaster::cli {
namespace {

// They say where the agent runs, which only the process that becomes it knows.
constexpr std::array<const char*, 3> of_the_terminal{"TERM", "TMUX", "TMUX_PANE"};

// What a git hook, an agent or another directory leaves to those who are started there.
bool is_of_another_place(const std::string& name) {
  constexpr std::array<const char*, 3> kept{"GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS"};
  if (std::find(kept.begin(), kept.end(), name) != kept.end()) return false;
  return name.starts_with("GIT_") || name == "PWD" || name == "OLDPWD" || name == "CLAUDECODE" ||
         name == "CLAUDE_CODE_ENTRYPOINT";
}

bool is_ours(const Variables::value_type& variable) {
  return variable.first.starts_with("YARDMASTER_");
}

}  // namespace

Variables window_environment(Variables launch, const Variables& own) {
  for (const char* name : of_the_terminal) {
    launch.erase(name);
    const auto found = own.find(name);
    if (found != own.end()) launch.insert(*found);
  }
  return launch;
}

Variables foreground_environment(const Variables& launch, Variables own,
                                 const std::string& program_directory) {
  std::erase_if(own, [](const auto& variable) {
    return is_ours(variable) || is_of_another_place(variable.first);
  });
  for (const auto& variable : launch) {
    if (is_ours(variable)) own.insert(variable);
  }
  const auto path = own.find("PATH");
  own["PATH"] = program_directory + ":" + (path == own.end() ? default_path : path->second);
  return own;
}

}  // namespace yardmaster::cli
