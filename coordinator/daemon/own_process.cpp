#include "coordinator/daemon/own_process.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace yardmaster {
namespace {

constexpr rlim_t usual_stack = 8U << 20U;

rlimit limit_of(pid_t process, int resource, const rlimit& otherwise) {
  rlimit limit{};
  const bool told =
      ::prlimit(process, static_cast<__rlimit_resource>(resource), nullptr, &limit) == 0;
  return told ? limit : otherwise;
}

rlim_t usual_soft_limit(int resource, rlim_t hard) {
  if (resource == RLIMIT_CORE) return 0;
  return resource == RLIMIT_STACK ? std::min(usual_stack, hard) : hard;
}

bool set_limit(int resource, rlim_t hard) {
  const rlimit wanted{usual_soft_limit(resource, hard), hard};
  return ::setrlimit(static_cast<__rlimit_resource>(resource), &wanted) == 0;
}

void reset_limits(bool hard_limits_too) {
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
    const rlimit own = limit_of(0, resource, {RLIM_INFINITY, RLIM_INFINITY});
    const rlim_t first = limit_of(1, resource, own).rlim_max;
    const bool may_rise = hard_limits_too && first > own.rlim_max;
    if (!may_rise || !set_limit(resource, first)) set_limit(resource, own.rlim_max);
  }
}

void reset_scheduling() {
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_OTHER, &none);
  ::setpriority(PRIO_PROCESS, 0, 0);
  std::array<unsigned char, 1024> all{};  // processors, a bit each
  all.fill(0xFF);
  ::syscall(SYS_sched_setaffinity, 0, all.size(), all.data());
  constexpr int of_a_process = 1;
  ::syscall(SYS_ioprio_set, of_a_process, 0, 0);
}

void reset_memory_pressure() {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t ignored = ::write(file, "0", 1);
  ::close(file);
}

}  // namespace

void open_standard_descriptors() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // It becomes the lowest free number, which is this one.
    if (::fcntl(number, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDWR));
  }
}

void forget_caller(bool hard_limits_too) {
  [[maybe_unused]] const int ignored = ::chdir("/");
  ::alarm(0);
  reset_limits(hard_limits_too);
  reset_scheduling();
  reset_memory_pressure();
}

}  // namespace yardmaster
