#include "loadgen/real/captured_program.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"
#include "loadgen/databases/exec_environment.h"

namespace yardmaster::loadgen {
namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  throw Error(ErrorCode::unavailable, what + ": " + std::generic_category().message(error));
}

// The file is in memory, so that nobody has to read while the program writes.
UniqueFd memory_file(const std::string& content) {
  UniqueFd file(::memfd_create("captured", MFD_CLOEXEC));
  if (!file) fail("cannot make a file in memory", errno);
  const ssize_t written = ::pwrite(file.get(), content.data(), content.size(), 0);
  if (!std::cmp_equal(written, content.size())) fail("cannot write to memory", errno);
  return file;
}

std::string content_of(const UniqueFd& file) {
  std::string content;
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t got =
        ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(content.size()));
    if (got <= 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

// The signals that this program blocks or ignores are the program's own again.
class SpawnSettings {
 public:
  SpawnSettings(const UniqueFd& input, const UniqueFd& output, const UniqueFd& errors) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, errors.get(), STDERR_FILENO);
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    sigset_t usual;
    ::sigemptyset(&usual);
    for (const int number : {SIGPIPE, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&usual, number);
    ::posix_spawnattr_setsigdefault(&attributes, &usual);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

// Returns whether the process ended in time; it is reaped in any case.
bool wait_for(pid_t pid, std::chrono::milliseconds timeout, int& status) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  int ready = 0;
  do {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    ready = ::poll(&ended, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) ::kill(pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return ready > 0;
}

}  // namespace

ProgramOutcome run_program(const ProgramCall& call) {
  const UniqueFd input = memory_file(call.input);
  const UniqueFd output = memory_file({});
  const UniqueFd errors = memory_file({});
  const std::vector<std::string> variables =
      environment_with(call.environment, call.dropped_prefixes);
  const std::vector<char*> argv = pointers_to(call.arguments);
  const std::vector<char*> envp = pointers_to(variables);
  const SpawnSettings settings(input, output, errors);
  pid_t pid = -1;
  const int failure = ::posix_spawnp(&pid, argv.front(), &settings.actions, &settings.attributes,
                                     argv.data(), envp.data());
  if (failure != 0) fail("cannot start '" + call.arguments.front() + "'", failure);
  int status = 0;
  if (!wait_for(pid, call.timeout, status)) {
    throw Error(ErrorCode::timed_out, "'" + call.arguments.front() + "' does not end");
  }
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .output = content_of(output),
          .errors = content_of(errors)};
}

std::string output_of(const ProgramCall& call) {
  ProgramOutcome outcome = run_program(call);
  if (outcome.succeeded()) return std::move(outcome.output);
  throw Error(ErrorCode::unavailable, "'" + call.arguments.front() + "' failed with status " +
                                          std::to_string(outcome.status) + ": " +
                                          outcome.errors.substr(0, outcome.errors.find('\n')));
}

}  // namespace yardmaster::loadgen
