#include "loadgen/databases/fresh_directory.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>
#include <vector>

#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {

FreshDirectory::FreshDirectory(const std::filesystem::path& base) {
  std::string name = base / "yardmaster-loadgen-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw Error(ErrorCode::unavailable, "cannot make a directory in '" + base.string() +
                                            "': " + std::generic_category().message(errno));
  }
  path_ = name;
}

FreshDirectory::~FreshDirectory() {
  std::error_code ignored;
  if (!kept_) std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path place_on_a_disk() {
  std::vector<std::filesystem::path> candidates{"/var/tmp", std::filesystem::current_path()};
  if (const char* const wanted = std::getenv("TMPDIR")) {
    candidates.insert(candidates.begin(), wanted);
  }
  for (const auto& candidate : candidates) {
    if (::access(candidate.c_str(), W_OK) == 0 && !is_in_memory(candidate)) return candidate;
  }
  throw Error(ErrorCode::unsupported,
              "neither /var/tmp nor the current directory is a writable directory on a disk: name "
              "one with --directory");
}

bool is_in_memory(const std::filesystem::path& directory) {
  struct statfs information {};
  if (::statfs(directory.c_str(), &information) != 0) return false;
  return std::cmp_equal(information.f_type, TMPFS_MAGIC) ||
         std::cmp_equal(information.f_type, RAMFS_MAGIC);
}

}  // namespace yardmaster::loadgen
