// How an agent that waits is woken by its messages. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yardmaster {

enum class WakeWay {
  hooks,  // its own hook waits beside it (asyncRewake)
  pane,   // a fixed line is typed into its pane
  none
};

// "hooks", "pane" or "none"; nullopt for anything else.
std::optional<WakeWay> wake_way_from(std::string_view text);

// The program that an agent's command names is Claude Code.
bool is_claude(std::string_view program);

// Of a kind of agent, where its role says nothing: Claude Code is woken by its hooks where these
// are switched on, everything else in its pane.
WakeWay usual_wake_way(const std::string& agent_command, bool has_hooks);

}  // namespace yardmaster
