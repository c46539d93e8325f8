// A launch file says what a window is to become. The daemon writes it and the program that becomes
// it reads it: words and variables of any length that no command line has to carry. Any thread;
// blocking on the disk.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace yardmaster {

struct LaunchFile {
  std::vector<std::string> argv = {};                   // argv[0] is looked up on its PATH
  std::map<std::string, std::string> environment = {};  // complete
  std::filesystem::path directory = {};                 // empty: the caller's
  std::optional<unsigned> file_mask = {};               // its umask; none: the caller's

  bool operator==(const LaunchFile&) const = default;
};

// Whole or not at all, mode 0600, since an environment may hold secrets. Makes the directory that
// it lies in. Throws Error{invalid_request} when there are no words, or a zero byte in one;
// Error{storage_full}; Error{storage_failed}.
void write_launch_file(const std::filesystem::path& path, const LaunchFile& launch);

// Removes also what a writer that was killed left of it. Files that cannot be removed stay.
void remove_launch_file(const std::filesystem::path& path);

// Throws Error{not_found}; Error{invalid_request} when it is not such a file.
LaunchFile read_launch_file(const std::filesystem::path& path);

}  // namespace yardmaster
