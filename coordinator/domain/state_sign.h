// How a state is shown to people, in the control pane and in the status lines of tmux: by a letter,
// since not everybody can tell colours, and by a colour of a kind. Pure, any thread.
#pragma once

#include <span>
#include <string_view>

namespace yardmaster {

// Cyan, yellow, magenta and red are apart for most who cannot tell red from green.
enum class StateColour { plain, good, quiet, wants_you, passing, bad };

struct StateSign {
  std::string_view state;
  char letter = '?';
  StateColour colour = StateColour::plain;
};

// All states by the words of the protocol, in the order in which a person looks at them.
std::span<const StateSign> state_signs();
// Of a word that is no state, a sign that says so.
StateSign sign_of(std::string_view state);

}  // namespace yardmaster
