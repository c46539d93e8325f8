// What the machine is on which a run was measured. Any thread; reads /proc and writes one unlinked
// file of 4 KiB.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "reports/report.h"

namespace yardmaster::reports {

struct FsyncFloor {
  double p50_ms = 0;
  double p99_ms = 0;
};

// Overwrites 4 KiB and calls fdatasync, up to 200 times or two seconds. Throws Error{usage} when
// the directory cannot be written.
FsyncFloor measure_fsync(const std::filesystem::path& directory);

// "ext4", "tmpfs" …; "unknown" if the kernel does not say.
std::string filesystem_of(const std::filesystem::path& directory);

// Everything but the versions of the stores, which are passed in. Throws like measure_fsync().
Environment probe_environment(const std::filesystem::path& store_directory,
                              const std::string& sqlite_version,
                              const std::string& postgres_version);

}  // namespace yardmaster::reports
