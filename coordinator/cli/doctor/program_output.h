// Runs a small program, e.g. `git --version`, and returns its output. Blocking, any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace yardmaster::cli {

// Standard output without its last newline. nullopt when there is no such program, when it fails,
// or when it takes longer than the timeout, after which it is killed.
std::optional<std::string> program_output(std::vector<std::string> command,
                                          std::chrono::milliseconds timeout);

}  // namespace yardmaster::cli
