#include "coordinator/instances/processes/program_start.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

constexpr int lock_number = 3;  // the lock file's descriptor in the program

[[noreturn]] void cannot_start(const std::string& program, int reason) {
  throw Error(ErrorCode::unavailable, "cannot start '" + program + "': " + std::strerror(reason));
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe(const std::string& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) cannot_start(program, errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// A file in memory: no one has to feed it, and no reader that goes away sends SIGPIPE.
UniqueFd make_input(const ProgramCall& call) {
  if (call.input.empty()) return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  UniqueFd input(::memfd_create("input", MFD_CLOEXEC));
  std::size_t written = 0;
  while (input && written < call.input.size()) {
    const ssize_t count =
        ::write(input.get(), call.input.data() + written, call.input.size() - written);
    if (count < 0) cannot_start(call.argv.front(), errno);
    written += static_cast<std::size_t>(count);
  }
  if (input) ::lseek(input.get(), 0, SEEK_SET);
  return input;
}

bool starts_with_name(std::string_view variable, std::string_view name) {
  return variable.size() > name.size() && variable[name.size()] == '=' &&
         variable.starts_with(name);
}

bool replaced(const ProgramCall& call, std::string_view variable) {
  const auto is_it = [&](const std::string& name) { return starts_with_name(variable, name); };
  return std::ranges::any_of(call.environment | std::views::keys, is_it) ||
         std::ranges::any_of(call.dropped_variables, is_it);
}

std::vector<std::string> environment_of(const ProgramCall& call) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!replaced(call, *variable)) result.emplace_back(*variable);
  }
  for (const auto& [name, value] : call.environment) result.push_back(name + "=" + value);
  return result;
}

std::string_view path_of(const std::vector<std::string>& environment) {
  for (const std::string& variable : environment) {
    if (starts_with_name(variable, "PATH")) return std::string_view(variable).substr(5);
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

bool is_program(const std::string& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         ::access(file.c_str(), X_OK) == 0;
}

std::string find_program(const std::string& name, std::string_view path) {
  if (name.find('/') != std::string::npos) return name;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    const std::string directory(end == 0 ? "." : path.substr(0, end));
    if (std::string file = directory + "/" + name; is_program(file)) return file;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  throw Error(ErrorCode::not_found, "the program '" + name + "' is not installed, or not on PATH");
}

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

// All that the child needs, made before: it shares the memory of the daemon, and may do nothing
// but system calls.
struct ChildPlan {
  const char* program;
  const char* directory;  // null: stays
  char* const* argv;
  char* const* environment;
  int input;
  int output;
  int errors;
  int lock;
  int failure;  // receives the error; closed by exec
  bool masks_files;
  mode_t file_mask;
  pid_t parent;
};

enum class StartStep : int { directory, program };

struct StartFailure {
  StartStep step;
  int reason;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define YARDMASTER_UNCHECKED __attribute__((no_sanitize("address", "thread", "undefined")))
#else
#define YARDMASTER_UNCHECKED
#endif

YARDMASTER_UNCHECKED [[noreturn]] void give_up(const ChildPlan& plan, StartStep step) {
  const StartFailure failure{step, errno};
  [[maybe_unused]] const ssize_t ignored = ::write(plan.failure, &failure, sizeof failure);
  ::_exit(127);
}

// Handlers would run in the daemon's memory, and what the daemon ignores the program should not.
YARDMASTER_UNCHECKED void reset_signals() {
  struct sigaction normal {};
  normal.sa_handler = SIG_DFL;
  for (int signal = 1; signal < 65; ++signal) ::sigaction(signal, &normal, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

YARDMASTER_UNCHECKED [[noreturn]] void become_program(const ChildPlan& plan) {
  ::setsid();  // no terminal to ask for passwords on, and a group that can be ended as one
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != plan.parent) ::_exit(127);
  // The table of descriptors is a copy; nothing that is needed lies below 4.
  ::dup2(plan.input, STDIN_FILENO);
  ::dup2(plan.output, STDOUT_FILENO);
  ::dup2(plan.errors, STDERR_FILENO);
  if (plan.lock >= 0) ::dup2(plan.lock, lock_number);
  // These include the descriptors that the daemon was started with.
  const unsigned first = plan.lock >= 0 ? lock_number + 1 : lock_number;
  ::close_range(first, ~0U, CLOSE_RANGE_CLOEXEC);
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) {
    give_up(plan, StartStep::directory);
  }
  if (plan.masks_files) ::umask(plan.file_mask);
  reset_signals();
  ::execve(plan.program, plan.argv, plan.environment);
  give_up(plan, StartStep::program);
}

// The child of vfork must not return from the function that called it; signals wait meanwhile.
YARDMASTER_UNCHECKED __attribute__((noinline)) pid_t start_child(const ChildPlan& plan) {
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
// the other, or leave it marked to be closed by exec.
UniqueFd above_standard(UniqueFd fd, const std::string& program) {
  if (!fd) cannot_start(program, errno);
  if (fd.get() > lock_number) return fd;
  UniqueFd higher(::fcntl(fd.get(), F_DUPFD_CLOEXEC, lock_number + 1));
  if (!higher) cannot_start(program, errno);
  return higher;
}

[[noreturn]] void throw_failure(const StartFailure& failure, const ProgramCall& call) {
  const bool gone = failure.reason == ENOENT || failure.reason == ENOTDIR;
  const ErrorCode code = gone ? ErrorCode::not_found : ErrorCode::unavailable;
  const std::string what = failure.step == StartStep::directory
                               ? "cannot enter '" + call.directory.string() + "'"
                               : "cannot start '" + call.argv.front() + "'";
  throw Error(code, what + ": " + std::strerror(failure.reason));
}

void require_started(pid_t pid, int failure_pipe, const ProgramCall& call) {
  StartFailure failure{};
  ssize_t got = 0;
  do {
    got = ::read(failure_pipe, &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof failure) return;
  ::waitpid(pid, nullptr, 0);
  throw_failure(failure, call);
}

UniqueFd watch(pid_t pid, const std::string& program) {
  // The system call is made directly, since C++ can't link to <sys/pidfd.h> in glibc 2.36.
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  if (pidfd) return pidfd;
  const int reason = errno;
  ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  cannot_start(program, reason);
}

struct Channels {
  UniqueFd input;
  Pipe output;
  Pipe errors;
  Pipe failure;
};

Channels make_channels(const ProgramCall& call) {
  const std::string& name = call.argv.front();
  Channels made{above_standard(make_input(call), name), make_pipe(name), make_pipe(name),
                make_pipe(name)};
  for (Pipe* pipe : {&made.output, &made.errors, &made.failure}) {
    pipe->write = above_standard(std::move(pipe->write), name);
  }
  ::fcntl(made.output.read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(made.errors.read.get(), F_SETFL, O_NONBLOCK);
  return made;
}

}  // namespace

StartedProgram start_program(const ProgramCall& call, int lock, std::optional<mode_t> file_mask) {
  const std::string& name = call.argv.front();
  const std::vector<std::string> variables = environment_of(call);
  const std::string program = find_program(name, path_of(variables));
  const auto argv = pointers_to(call.argv);
  const auto environment = pointers_to(variables);
  Channels channels = make_channels(call);
  const ChildPlan plan{program.c_str(),
                       call.directory.empty() ? nullptr : call.directory.c_str(),
                       argv.data(),
                       environment.data(),
                       channels.input.get(),
                       channels.output.write.get(),
                       channels.errors.write.get(),
                       lock,
                       channels.failure.write.get(),
                       file_mask.has_value(),
                       file_mask.value_or(0),
                       ::getpid()};
  const pid_t pid = start_child(plan);
  if (pid < 0) cannot_start(name, errno);
  channels.failure.write.reset();
  require_started(pid, channels.failure.read.get(), call);
  return {pid, watch(pid, name), std::move(channels.output.read), std::move(channels.errors.read)};
}

}  // namespace yardmaster
