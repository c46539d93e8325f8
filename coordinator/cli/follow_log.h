// Prints the daemon's log.
#pragma once

#include <filesystem>

namespace yardmaster::cli {

// The whole file; with `follow` also what is added, through rotations, until interrupted. Throws
// Error{usage} when there is no log.
void show_log(const std::filesystem::path& file, bool follow);

}  // namespace yardmaster::cli
