#include "coordinator/daemon/daemon_lock.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

constexpr auto child_timeout = std::chrono::seconds(5);
// Whoever asks who holds the lock has it, too, for a moment.
constexpr auto asker_timeout = std::chrono::milliseconds(100);
constexpr auto poll_interval = std::chrono::milliseconds(2);

pid_t read_pid(const UniqueFd& file) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(file.get(), text.data(), text.size(), 0);
  pid_t pid = 0;
  if (length > 0) std::from_chars(text.data(), text.data() + length, pid);
  return pid;
}

bool is_there(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

// A daemon that was killed while it started a program has the lock in that child, too, until that
// is another program.
bool take_lock(const UniqueFd& file) {
  const auto began = std::chrono::steady_clock::now();
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    const pid_t holder = read_pid(file);
    const bool seems_held = holder <= 0 || is_there(holder);
    const auto waited = std::chrono::steady_clock::now() - began;
    if (waited > child_timeout || (seems_held && waited > asker_timeout)) return false;
    std::this_thread::sleep_for(poll_interval);
  }
  return true;
}

}  // namespace

DaemonLock::DaemonLock(const std::filesystem::path& file)
    : file_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (!file_) throw Error(ErrorCode::usage, file.string() + ": " + std::strerror(errno));
  if (!take_lock(file_)) {
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
  const pid_t holder = read_pid(lock);
  if (holder > 0 && !is_there(holder)) return std::nullopt;
  return holder;
}

}  // namespace yardmaster
