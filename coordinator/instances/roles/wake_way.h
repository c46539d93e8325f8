// How an agent that waits is woken by its messages. Pure, any thread.
#pragma once

#include <optional>
#include <string_view>

namespace yardmaster {

enum class WakeWay {
  hooks,  // its own hook waits beside it (asyncRewake)
  pane,   // a fixed line is typed into its pane
  none
};

// "hooks", "pane" or "none"; nullopt for anything else.
std::optional<WakeWay> wake_way_from(std::string_view text);

}  // namespace yardmaster
