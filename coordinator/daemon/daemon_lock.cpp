#include "coordinator/daemon/daemon_lock.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

pid_t read_pid(const UniqueFd& file) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(file.get(), text.data(), text.size(), 0);
  pid_t pid = 0;
  if (length > 0) std::from_chars(text.data(), text.data() + length, pid);
  return pid;
}

}  // namespace

DaemonLock::DaemonLock(const std::filesystem::path& file)
    : file_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (!file_) throw Error(ErrorCode::usage, file.string() + ": " + std::strerror(errno));
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorCode::conflict, "a daemon with pid " + std::to_string(read_pid(file_)) +
                                         " already runs on " + file.parent_path().string());
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_.get(), 0) != 0 ||
      ::pwrite(file_.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    throw Error(ErrorCode::usage, "cannot write " + file.string() + ": " + std::strerror(errno));
  }
}

std::optional<pid_t> lock_holder(const std::filesystem::path& file) {
  const UniqueFd lock(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  if (!lock || ::flock(lock.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;
  return read_pid(lock);
}

}  // namespace yardmaster
