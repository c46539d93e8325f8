// The environment is the machine on which a run was measured. Any thread; reads /proc and writes
// one unlinked file of 4 KiB.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "reports/report.h"

namespace yardmaster::reports {

struct FsyncFloor {
  double p50_ms = 0;
  double p99_ms = 0;
};

// Overwrites 4 KiB and calls fdatasync, up to 200 times or two seconds. Throws Error{usage} when
// the directory cannot be written.
FsyncFloor measure_fsync(const std::filesystem::path& directory);

// A pair is how long one sync took, and right after it another one through the C library's
// fdatasync(), which a preloaded library may delay; the first is a bare system call.
struct FsyncPair {
  std::chrono::nanoseconds bare{};
  std::chrono::nanoseconds delayed{};
};

// Up to 200 pairs or two seconds, but at least `fewest_fsync_pairs`. Throws like measure_fsync().
inline constexpr int fewest_fsync_pairs = 11;
std::vector<FsyncPair> measure_fsync_pairs(const std::filesystem::path& directory);

// "ext4", "tmpfs" …; "unknown" if the kernel does not say.
std::string filesystem_of(const std::filesystem::path& directory);

// Finds everything but the versions of the stores, which are passed in. Throws like
// measure_fsync().
Environment probe_environment(const std::filesystem::path& store_directory,
                              const std::string& sqlite_version,
                              const std::string& postgres_version);

}  // namespace yardmaster::reports
