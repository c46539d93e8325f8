// Returns how long to wait before asking for a lock again, the n-th time: the pauses of SQLite's
// own busy handler (sqliteDefaultBusyCallback in its main.c), which `PRAGMA busy_timeout` installs.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace yardmaster::loadgen {

inline std::chrono::milliseconds lock_pause(std::size_t attempt) {
  constexpr std::array<int, 12> pauses{1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100};
  return std::chrono::milliseconds(pauses.at(std::min(attempt, pauses.size() - 1)));
}

}  // namespace yardmaster::loadgen
