// A pane as tmux describes it. Plain values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/base/clock.h"

namespace yardmaster {

struct TmuxPane {
  std::string session;
  std::string window;
  std::string pane;       // %3; never used again by the same server
  std::string window_id;  // @3; likewise
  std::int64_t pid = 0;   // program that it was opened with, also an ended one
  bool dead = false;      // the program has ended; tmux keeps the pane for its last output
  std::optional<int> exit_status;
  std::optional<int> exit_signal;

  // A pane is dead a little before tmux knows how its program ended.
  bool has_status() const { return dead && (exit_status || exit_signal); }
};

// The format that parse_tmux_pane() reads.
extern const std::string_view tmux_pane_format;

// nullopt when the line is not such a one.
std::optional<TmuxPane> parse_tmux_pane(std::string_view line);

// Whether something can be typed into a pane.
struct TmuxPaneLook {
  bool in_mode = false;       // copy mode and its like, which take the keys
  WallTime last_output{};     // of its window; whole seconds
  WallTime last_key_press{};  // of a person who looks at it; the epoch: nobody does
};

// The format that parse_tmux_look() reads.
extern const std::string_view tmux_look_format;

// `clients` are lines of a pane's id and a time: who looks at which, and their last key press.
// nullopt when the pane's program has ended, or the line is not such a one.
std::optional<TmuxPaneLook> parse_tmux_look(std::string_view pane, std::string_view line,
                                            const std::vector<std::string>& clients);

// Returns whether a session or window can have this name and be found by it again: tmux changes ':'
// and '.', and takes some first characters for something else. Allowed are letters, digits, '-' and
// '_'.
bool is_tmux_name(std::string_view name);

}  // namespace yardmaster
