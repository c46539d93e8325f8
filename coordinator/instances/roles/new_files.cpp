#include "coordinator/instances/roles/new_files.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

// 0, or the error's number.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// Returns whether the file is regular and holds exactly this text.
bool holds(int folder, const std::string& name, std::string_view text) {
  const UniqueFd fd(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat found {};
  if (!fd || ::fstat(fd.get(), &found) != 0 || !S_ISREG(found.st_mode) ||
      static_cast<std::size_t>(found.st_size) != text.size()) {
    return false;
  }
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0 && text.empty();
    const std::string_view read(piece.data(), static_cast<std::size_t>(got));
    if (!text.starts_with(read)) return false;
    text.remove_prefix(read.size());
  }
}

}  // namespace

NewFiles::NewFiles(const std::filesystem::path& directory)
    : directory_(directory), root_(::open(directory.c_str(), directory_flags)) {
  if (!root_) fail("", errno);
}

NewFiles::~NewFiles() {
  if (kept_) return;
  for (const std::string& file : files_) ::unlinkat(root_.get(), file.c_str(), 0);
  for (const std::string& folder : folders_) ::unlinkat(root_.get(), folder.c_str(), AT_REMOVEDIR);
}

UniqueFd NewFiles::open_folder(const std::string& folder) {
  constexpr mode_t owner_only = 0700;
  if (::mkdirat(root_.get(), folder.c_str(), owner_only) == 0) {
    folders_.push_back(folder);
  } else if (errno != EEXIST) {
    fail(folder, errno);
  }
  UniqueFd fd(::openat(root_.get(), folder.c_str(), directory_flags | O_NOFOLLOW));
  if (!fd && errno != ELOOP && errno != ENOTDIR) fail(folder, errno);
  return fd;
}

bool NewFiles::write(const std::string& path, const std::string& text) {
  const std::size_t slash = path.find('/');
  UniqueFd folder;
  if (slash != std::string::npos) {
    folder = open_folder(path.substr(0, slash));
    if (!folder) return false;
  }
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const int parent = folder ? folder.get() : root_.get();
  constexpr mode_t owner_only = 0600;
  const UniqueFd fd(
      ::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, owner_only));
  if (!fd && errno == EEXIST) return holds(parent, name, text);
  if (!fd) fail(path, errno);
  files_.push_back(path);
  const int error = write_all(fd.get(), text);
  if (error != 0) fail(path, error);
  return true;
}

void NewFiles::fail(const std::string& path, int error) const {
  const bool is_full = error == ENOSPC || error == EDQUOT;
  const std::filesystem::path file = path.empty() ? directory_ : directory_ / path;
  throw Error(is_full ? ErrorCode::storage_full : ErrorCode::storage_failed,
              file.string() + ": cannot be written: " + std::strerror(error));
}

}  // namespace yardmaster
