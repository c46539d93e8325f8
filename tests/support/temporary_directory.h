// A directory on a real disk that goes away with everything in it when its owner does. It stands in
// /var/tmp, which is not in memory as /tmp may be, and whose path is short enough for sockets.
#pragma once

#include <filesystem>

namespace yardmaster::support {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Writes a file whole, or throws.
void write_file(const std::filesystem::path& file, std::string_view text);
// Reads a file whole; empty when there is none.
std::string read_file(const std::filesystem::path& file);

}  // namespace yardmaster::support
