// The probe finds what an fsync takes in a process that is delayed like the store's: loadgen runs
// itself once more with the same library preloaded, and that second process measures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "loadgen/databases/fsync_latency.h"
#include "reports/environment.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

// The first argument of that second process; the directory is the other. Not for people.
inline constexpr std::string_view fsync_probe_argument = "--probe-fsync-in";

// Runs in the second process: measures and prints the pairs, one to a line. Returns its exit
// status.
int run_fsync_probe(const std::filesystem::path& directory);

// Some two seconds, or eleven delays if that is more. Any thread that may block. Throws
// Error{unavailable} when the probe fails, and what `interrupted` throws, which is called
// meanwhile.
reports::DelayedFsync measure_delayed_fsync(const FsyncLatency& latency, std::uint64_t seed,
                                            const std::filesystem::path& directory,
                                            const std::function<void()>& interrupted);

// The interval holds the median of the differences with 99.9% certainty whatever their distribution
// (by order statistics), from eleven pairs on.
reports::DelayedFsync summarize(const std::vector<reports::FsyncPair>& pairs);

}  // namespace yardmaster::loadgen
