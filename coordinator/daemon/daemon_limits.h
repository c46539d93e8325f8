// What the configuration and the machine allow the daemon. Any thread; throws nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coordinator/base/config.h"
#include "coordinator/store/group_commit.h"

namespace yardmaster {

// Open files, as many as the hard limit allows from now on.
std::uint64_t raise_file_limit();
// Connections have descriptors below it.
std::uint64_t descriptor_limit(std::uint64_t file_limit);
std::size_t connection_limit(const Config& config, std::uint64_t file_limit);
GroupCommitOptions commit_options(const Config& config);

}  // namespace yardmaster
