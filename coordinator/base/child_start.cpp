#include "coordinator/base/child_start.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/exec_environment.h"

namespace yardmaster {
namespace {

constexpr int first_passed = STDERR_FILENO + 1;

[[noreturn]] void cannot_start(const std::string& program, int reason) {
  throw Error(ErrorCode::unavailable, "cannot start '" + program + "': " + std::strerror(reason));
}

// The plan has all that the child needs, made before: the child shares the memory of this process,
// and may do nothing but system calls.
struct ChildPlan {
  const char* program;
  const char* directory;  // null: stays
  char* const* argv;
  char* const* environment;
  int input;
  int output;
  int errors;
  PassedDescriptor passed;
  int failure;  // where it says what failed; closed by exec
  ChildGroup group;
  int death_signal;
  bool masks_files;
  mode_t file_mask;
  bool changes_account;
  Account account;
  pid_t parent;
};

enum class StartStep : int { account, directory, program };

struct StartFailure {
  StartStep step;
  int reason;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define YARDMASTER_UNCHECKED __attribute__((no_sanitize("address", "thread", "undefined")))
#else
#define YARDMASTER_UNCHECKED
#endif

[[noreturn]] YARDMASTER_UNCHECKED void give_up(const ChildPlan& plan, StartStep step) {
  const StartFailure failure{step, errno};
  [[maybe_unused]] const ssize_t ignored = ::write(plan.failure, &failure, sizeof failure);
  ::_exit(127);
}

// Handlers would run in the parent's memory, and what the parent ignores the program should not.
YARDMASTER_UNCHECKED void reset_signals() {
  struct sigaction normal {};
  normal.sa_handler = SIG_DFL;
  for (int signal = 1; signal < 65; ++signal) ::sigaction(signal, &normal, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The kernel is called directly: the C library would have all threads of the parent follow.
YARDMASTER_UNCHECKED void take_account(const ChildPlan& plan) {
  const Account& account = plan.account;
  const bool changed = ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
                       ::syscall(SYS_setresgid, account.group, account.group, account.group) == 0 &&
                       ::syscall(SYS_setresuid, account.user, account.user, account.user) == 0;
  if (!changed) give_up(plan, StartStep::account);
}

// The table of descriptors is a copy. exec also closes those that this process was started with.
YARDMASTER_UNCHECKED void take_descriptors(const ChildPlan& plan) {
  if (plan.input >= 0) ::dup2(plan.input, STDIN_FILENO);
  if (plan.output >= 0) ::dup2(plan.output, STDOUT_FILENO);
  if (plan.errors >= 0) ::dup2(plan.errors, STDERR_FILENO);
  if (plan.passed.ours != plan.passed.its) ::dup2(plan.passed.ours, plan.passed.its);
  ::close_range(first_passed, ~0U, CLOSE_RANGE_CLOEXEC);
  if (plan.passed.its >= 0) ::fcntl(plan.passed.its, F_SETFD, 0);
}

[[noreturn]] YARDMASTER_UNCHECKED void become_program(const ChildPlan& plan) {
  if (plan.group == ChildGroup::own_session) ::setsid();
  if (plan.group == ChildGroup::own_group) ::setpgid(0, 0);
  if (plan.changes_account) take_account(plan);
  // A change of the account would take it back.
  if (plan.death_signal != 0) {
    ::prctl(PR_SET_PDEATHSIG, plan.death_signal);
    if (::getppid() != plan.parent) ::_exit(127);
  }
  take_descriptors(plan);
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) {
    give_up(plan, StartStep::directory);
  }
  if (plan.masks_files) ::umask(plan.file_mask);
  reset_signals();
  ::execve(plan.program, plan.argv, plan.environment);
  give_up(plan, StartStep::program);
}

// The child of vfork must not return from the function that called it; signals wait meanwhile.
YARDMASTER_UNCHECKED __attribute__((noinline)) pid_t fork_child(const ChildPlan& plan) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  // posix_spawn can do less in the child than become_program() does.
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork,bugprone-unsafe-functions)
  const pid_t pid = ::vfork();
  if (pid == 0) become_program(plan);
  const int reason = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = reason;
  return pid;
}

// Descriptors that the child moves onto 0 to 3 must not lie there: dup2 would overwrite one with
// the other, or leave it marked to be closed by exec. `lifted` owns the copy, if one is needed.
int above_passed(int fd, const std::string& program, UniqueFd& lifted) {
  if (fd < 0 || fd > first_passed) return fd;
  lifted.reset(::fcntl(fd, F_DUPFD_CLOEXEC, first_passed + 1));
  if (!lifted) cannot_start(program, errno);
  return lifted.get();
}

[[noreturn]] void throw_failure(const StartFailure& failure, const ChildStart& start) {
  const bool gone = failure.reason == ENOENT || failure.reason == ENOTDIR;
  const ErrorCode code = gone ? ErrorCode::not_found : ErrorCode::unavailable;
  std::string what = "cannot start '" + start.argv.front() + "'";
  if (failure.step == StartStep::directory)
    what = "cannot enter '" + start.directory.string() + "'";
  if (failure.step == StartStep::account) what += " as another user";
  throw Error(code, what + ": " + std::strerror(failure.reason));
}

void require_started(pid_t pid, int failure_pipe, const ChildStart& start) {
  StartFailure failure{};
  ssize_t got = 0;
  do {
    got = ::read(failure_pipe, &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof failure) return;
  ::waitpid(pid, nullptr, 0);
  throw_failure(failure, start);
}

// The system call is made directly, since C++ can't link to <sys/pidfd.h> in glibc 2.36.
UniqueFd open_pidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
}

UniqueFd watch(pid_t pid, const std::string& program) {
  UniqueFd pidfd = open_pidfd(pid);
  if (pidfd) return pidfd;
  const int reason = errno;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  cannot_start(program, reason);
}

}  // namespace

StartedChild start_child(const ChildStart& start) {
  const std::string& name = start.argv.front();
  const std::string program =
      start.program.empty() ? program_file(name, start.environment) : start.program;
  const auto argv = pointers_to(start.argv);
  const auto environment = pointers_to(start.environment);
  Pipe failure = make_pipe();
  std::array<UniqueFd, 5> lifted;
  PassedDescriptor passed = start.passed.value_or(PassedDescriptor{});
  if (passed.ours != passed.its) passed.ours = above_passed(passed.ours, name, lifted[3]);
  const ChildPlan plan{program.c_str(),
                       start.directory.empty() ? nullptr : start.directory.c_str(),
                       argv.data(),
                       environment.data(),
                       above_passed(start.input, name, lifted[0]),
                       above_passed(start.output, name, lifted[1]),
                       above_passed(start.errors, name, lifted[2]),
                       passed,
                       above_passed(failure.write.get(), name, lifted[4]),
                       start.group,
                       start.death_signal,
                       start.file_mask.has_value(),
                       start.file_mask.value_or(0),
                       start.account.has_value(),
                       start.account.value_or(Account{}),
                       ::getpid()};
  const pid_t pid = fork_child(plan);
  if (pid < 0) cannot_start(name, errno);
  failure.write.reset();
  lifted[4].reset();
  require_started(pid, failure.read.get(), start);
  return {pid, watch(pid, name)};
}

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error(ErrorCode::unavailable, std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd open_null() {
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null) return null;
  throw Error(ErrorCode::unavailable,
              std::string("cannot open /dev/null: ") + std::strerror(errno));
}

int exit_status_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

OwnedChild::OwnedChild(pid_t pid) : pid_(pid), pidfd_(open_pidfd(pid)) {}

OwnedChild::~OwnedChild() {
  signal(SIGKILL);
  reap();
}

void OwnedChild::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

bool OwnedChild::has_ended(std::chrono::milliseconds timeout) const {
  if (pid_ <= 0) return true;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    ready = ::poll(&ended, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

int OwnedChild::reap() {
  if (pid_ <= 0) return -1;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno == EINTR) continue;
    pid_ = -1;
    return -1;
  }
  pid_ = -1;
  return exit_status_of(status);
}

}  // namespace yardmaster
