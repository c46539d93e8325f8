#include "coordinator/base/durable_names.h"

#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;

// "name" lies in ".", and "/state/" in "/".
fs::path directory_of(fs::path path) {
  if (!path.has_filename()) path = path.parent_path();
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

void sync_directory(const fs::path& directory) {
  const UniqueFd opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened && errno == EACCES) return;
  if (opened && (::fsync(opened.get()) == 0 || errno == EINVAL)) return;
  throw Error(ErrorCode::storage_failed,
              directory.string() + ": cannot be synced: " + std::strerror(errno));
}

void rename_for_good(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw Error(ErrorCode::storage_failed,
                to.string() + ": cannot be renamed to: " + std::strerror(errno));
  }
  sync_directory(directory_of(to));
  if (directory_of(from) != directory_of(to)) sync_directory(directory_of(from));
}

void make_directories_for_good(const fs::path& directory) {
  std::vector<fs::path> missing;
  for (fs::path next = directory; !fs::exists(next); next = directory_of(next)) {
    missing.push_back(next);
  }
  fs::create_directories(directory);
  for (const fs::path& made : missing) sync_directory(directory_of(made));
}

}  // namespace yardmaster
