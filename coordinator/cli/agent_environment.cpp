#include "coordinator/cli/agent_environment.h"

#include <array>

namespace yardmaster::cli {
namespace {

// They say where the agent runs, which only the process that becomes it knows.
constexpr std::array<const char*, 3> of_the_terminal{"TERM", "TMUX", "TMUX_PANE"};

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
  std::erase_if(own, is_ours);
  for (const auto& variable : launch) {
    if (is_ours(variable)) own.insert(variable);
  }
  const auto path = own.find("PATH");
  own["PATH"] = program_directory + ":" + (path == own.end() ? default_path : path->second);
  return own;
}

}  // namespace yardmaster::cli
