#include "coordinator/instances/roles/wake_way.h"

#include <filesystem>

#include "coordinator/instances/roles/command_words.h"

namespace yardmaster {

std::optional<WakeWay> wake_way_from(std::string_view text) {
  if (text == "hooks") return WakeWay::hooks;
  if (text == "pane") return WakeWay::pane;
  if (text == "none") return WakeWay::none;
  return std::nullopt;
}

bool is_claude(std::string_view program) {
  return std::filesystem::path(program).filename() == "claude";
}

WakeWay usual_wake_way(const std::string& agent_command, bool has_hooks) {
  const auto words = split_command(agent_command);
  const bool is_hooked = has_hooks && !words.empty() && is_claude(words.front());
  return is_hooked ? WakeWay::hooks : WakeWay::pane;
}

}  // namespace yardmaster
