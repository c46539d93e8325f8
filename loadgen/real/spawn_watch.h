// Tells whether a process has spawned others between two moments, without watching it meanwhile: by
// the children that it has, and by what the kernel adds to a process's own account when it reaps
// one. Any thread.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include <sys/types.h>

namespace yardmaster::loadgen {

struct SpawnMark {
  std::set<pid_t> children;
  std::uint64_t reaped = 0;  // page faults of children that have ended; each has some
};

SpawnMark spawn_mark_of(pid_t process);
// Returns a lower bound of the number of spawned processes; 0 is exact.
std::uint64_t spawned_between(const SpawnMark& before, const SpawnMark& after);

// Reads from the text of /proc/PID/stat how many page faults the reaped children had.
std::uint64_t reaped_faults_in(std::string_view stat);

}  // namespace yardmaster::loadgen
