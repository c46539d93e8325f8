#include "coordinator/instances/processes/process.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/proc_files.h"

namespace yardmaster {
namespace {

std::string proc_directory(std::int64_t pid) { return "/proc/" + std::to_string(pid); }

bool is_ours(std::int64_t pid) {
  struct stat found {};
  if (::stat(proc_directory(pid).c_str(), &found) != 0) return false;
  return ::geteuid() == 0 || found.st_uid == ::geteuid();
}

// Opens first and reads then: while the pidfd has not ended, the pid cannot be another's.
ProbeResult probe_pid(std::int64_t pid) {
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0U)));
  if (!pidfd) return {errno == ESRCH ? ProcessState::ended : ProcessState::unknown, {}};
  const auto stat = read_proc_stat(pid);
  if (is_readable(pidfd.get())) return {ProcessState::ended, {}};
  if (!stat) return {ProcessState::unknown, {}};
  ProcessHandle handle{{pid, stat->start_ticks, read_boot_id()}, std::move(pidfd)};
  return {ProcessState::running, std::move(handle)};
}

}  // namespace

ProcessHandle open_process(std::int64_t pid) {
  const std::string name = "pid " + std::to_string(pid);
  if (pid <= 1 || pid > 0x7fffffff || pid == ::getpid()) {
    throw Error(ErrorCode::invalid_request, name + " cannot be an instance's process");
  }
  ProbeResult probe = probe_pid(pid);
  if (probe.state == ProcessState::ended) {
    throw Error(ErrorCode::not_found, name + " is not a running process");
  }
  if (probe.state == ProcessState::unknown) {
    throw Error(ErrorCode::unavailable, name + " cannot be watched: " + std::strerror(errno));
  }
  if (!is_ours(pid)) throw Error(ErrorCode::forbidden, name + " belongs to another user");
  return std::move(*probe.handle);
}

void send_signal(const ProcessHandle& process, int signal) {
  ::syscall(SYS_pidfd_send_signal, process.pidfd.get(), signal, nullptr, 0U);
}

ProbeResult probe_process(const ProcessIdentity& identity) {
  const std::string boot_id = read_boot_id();
  if (!boot_id.empty() && !identity.boot_id.empty() && boot_id != identity.boot_id) {
    return {ProcessState::ended, {}};
  }
  ProbeResult probe = probe_pid(identity.pid);
  if (probe.handle && probe.handle->identity.start_ticks != identity.start_ticks) {
    return {ProcessState::ended, {}};
  }
  return probe;
}

std::string read_boot_id() {
  // The same as long as this process lives.
  static const std::string boot_id = [] {
    std::ifstream stream("/proc/sys/kernel/random/boot_id");
    std::string text;
    stream >> text;
    return text;
  }();
  return boot_id;
}

}  // namespace yardmaster
