// A file system of a few megabytes in memory, for filling up. It is mounted in a mount namespace of
// the test's own, so only the test and its children see it, and it is gone with them however they
// end. Needs root.
#pragma once

#include <filesystem>
#include <string>

namespace yardmaster::support {

class SmallFileSystem {
 public:
  // Mounts it on an existing directory; throws std::system_error when that is not allowed.
  SmallFileSystem(std::filesystem::path directory, std::size_t bytes);
  ~SmallFileSystem();
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;

  // Writes a file until nothing more fits but about so many bytes; make_room() removes it.
  void fill_but(std::size_t bytes_left);
  void make_room();

 private:
  std::filesystem::path directory_;
};

}  // namespace yardmaster::support
