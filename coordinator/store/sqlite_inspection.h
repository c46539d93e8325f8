// Looks whether an SQLite database is whole, without writing to it, whether a daemon uses it or
// not. Blocking; any thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace yardmaster {

struct DatabaseInspection {
  std::string damage;        // empty: none was found
  bool is_complete = false;  // false: the time was over before all had been read
};

DatabaseInspection inspect_database(const std::filesystem::path& file,
                                    std::chrono::nanoseconds timeout);

}  // namespace yardmaster
