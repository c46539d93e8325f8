// Directories for state that is thrown away. Not thread-safe.
#pragma once

#include <filesystem>

namespace yardmaster::loadgen {

// A directory that is removed with the object, unless it is kept.
class FreshDirectory {
 public:
  // Below `base`. Throws Error{unavailable}.
  explicit FreshDirectory(const std::filesystem::path& base);
  ~FreshDirectory();
  FreshDirectory(const FreshDirectory&) = delete;
  FreshDirectory& operator=(const FreshDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  std::filesystem::path path_;
  bool kept_ = false;
};

// Returns where state goes when nobody says: the first of TMPDIR, /var/tmp and the current
// directory that is on a disk. Throws Error{unsupported} when none is.
std::filesystem::path place_on_a_disk();
// tmpfs and ramfs, where an fsync costs nothing and says nothing.
bool is_in_memory(const std::filesystem::path& directory);

}  // namespace yardmaster::loadgen
