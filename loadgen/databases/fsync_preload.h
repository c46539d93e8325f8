// Gets the library that delays fsync and fdatasync (faults/fsync_delay.cpp) into one program and no
// other. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "loadgen/databases/fsync_latency.h"

namespace yardmaster::loadgen {

// "NAME=value" each, to be added to the environment of `program` (the file name of what is
// executed) or of whatever starts it; empty for no latency. The library must be readable to the
// user that it runs as; `library` names a copy of it, where that is not. Throws Error{unavailable}
// without the library, and Error{unsupported} where it cannot be preloaded.
std::vector<std::string> fsync_delay_environment(const FsyncLatency& latency, std::uint64_t seed,
                                                 std::string_view program,
                                                 const std::filesystem::path& library = {});
std::filesystem::path fsync_delay_library();

// Throws Error{unavailable} unless the process has the library loaded: the dynamic linker goes on
// without one that it cannot open.
void require_fsync_delay_in(pid_t process);

}  // namespace yardmaster::loadgen
