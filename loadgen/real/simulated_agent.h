// A small program that behaves like a coding agent, for measurements and tests: `loadgen
// simulated-agent`, started by a coordinator in an instance's worktree. It prints a banner, says
// hello on the instance's socket, takes and acks its messages, works as it was told, and finds its
// coordinator again when that is restarted.
//
// A message whose text is "exit" or "crash" is obeyed; "edit NAME" has it write that file.
#pragma once

#include <string>
#include <vector>

namespace yardmaster::loadgen {

// `words`: what follows the verb. Returns the exit status. Throws Error{usage}.
int run_simulated_agent(const std::vector<std::string>& words);

}  // namespace yardmaster::loadgen
