// The states of a yard's instances in the status line of each tmux session: each window's beside
// its name, and how many are in which at the right end. tmux is given them as options when they
// change, and asks for nothing. Nothing in an option is expanded again, and only names that are
// fit for tmux are put there. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "coordinator/domain/instance.h"

namespace yardmaster {

struct ShownState {
  std::string window;  // empty: none
  InstanceState state = InstanceState::starting;
};

// What makes tmux show the options, and say so when the daemon's connection ends, also by a crash:
// once for a connection.
std::vector<std::string> status_line_settings();
// The options that say these states.
std::vector<std::string> status_line_commands(const std::vector<ShownState>& states);

}  // namespace yardmaster
