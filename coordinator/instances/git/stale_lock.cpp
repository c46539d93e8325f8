#include "coordinator/instances/git/stale_lock.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>

#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/own_refs.h"
#include "coordinator/instances/git/worktree_files.h"
#include "coordinator/instances/processes/proc_files.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

// Starts are told in ticks of 10 ms, and the two clocks are read one after the other.
constexpr Seconds slack{0.1};

Seconds now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Seconds age_of(const struct stat& file) {
  const Seconds made =
      std::chrono::seconds(file.st_ctim.tv_sec) + std::chrono::nanoseconds(file.st_ctim.tv_nsec);
  return now(CLOCK_REALTIME) - made;
}

bool is_git(std::int64_t pid) { return read_proc_file(pid, "comm").starts_with("git"); }

bool runs_since(std::int64_t pid, Seconds age) {
  const auto stat = read_proc_stat(pid);
  if (!stat || stat->is_zombie) return false;
  const Seconds started(static_cast<double>(stat->start_ticks) /
                        static_cast<double>(::sysconf(_SC_CLK_TCK)));
  return now(CLOCK_BOOTTIME) - started + slack > age;
}

// Those that changes of any ref and setting need. They are held for moments, also by programs that
// are not called git.
constexpr Seconds longest_hold{2.0};

bool is_of_the_repository(const fs::path& common, const fs::path& lock) {
  return lock == common / "packed-refs.lock" || lock == common / "config.lock";
}

bool is_of_our_ref(const fs::path& common, const fs::path& lock) {
  const fs::path branches = common / "refs/heads" / instance_branch_prefix;
  return lock.extension() == ".lock" &&
         (is_within(lock, branches) || is_within(lock, common / own_namespace));
}

// "error: could not lock config file /r/.git/config: File exists"
fs::path config_lock_named_in(std::string_view errors) {
  constexpr std::string_view before = "could not lock config file ";
  const std::size_t begin = errors.find(before);
  const std::size_t end = errors.find(": File exists", begin);
  if (begin == std::string_view::npos || end == std::string_view::npos) return {};
  const std::size_t from = begin + before.size();
  return std::string(errors.substr(from, end - from)) + ".lock";
}

}  // namespace

fs::path lock_named_in(std::string_view errors) {
  constexpr std::string_view before = "Unable to create '";
  constexpr std::string_view after = ".lock': File exists";
  const std::size_t end = errors.find(after);
  if (end == std::string_view::npos) return config_lock_named_in(errors);
  const std::size_t begin = errors.rfind(before, end);
  if (begin == std::string_view::npos) return {};
  const std::string_view path = errors.substr(begin + before.size(), end - begin - before.size());
  return std::string(path) + ".lock";
}

bool remove_stale_lock(const fs::path& common, const fs::path& lock) {
  const bool is_anybodys = is_of_the_repository(common, lock);
  if (!is_anybodys && !is_of_our_ref(common, lock)) return false;
  struct stat file {};
  if (::lstat(lock.c_str(), &file) != 0) return errno == ENOENT;
  const Seconds age = age_of(file);
  if (is_anybodys && age < longest_hold) return false;
  const auto pids = list_processes();
  const bool may_be_held = std::any_of(pids.begin(), pids.end(), [&](std::int64_t pid) {
    return is_git(pid) && runs_since(pid, age);
  });
  struct stat still {};
  if (may_be_held || ::lstat(lock.c_str(), &still) != 0 || still.st_ino != file.st_ino) {
    return false;
  }
  return ::unlink(lock.c_str()) == 0;
}

}  // namespace yardmaster
