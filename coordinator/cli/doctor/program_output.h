// What a small program says, e.g. `git --version`. Blocking, any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace yardmaster::cli {

// Standard output without its last newline. nullopt when there is no such program, when it fails,
// or when it takes longer than the patience, after which it is killed.
std::optional<std::string> program_output(std::vector<std::string> command,
                                          std::chrono::milliseconds patience);

}  // namespace yardmaster::cli
