#include "loadgen/databases/owned_program.h"

#include <cerrno>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "loadgen/databases/exec_environment.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::chrono::seconds stop_deadline{10};

std::string reason() { return std::generic_category().message(errno); }

// This runs after the fork: it makes only calls that are safe there.
[[noreturn]] void become(char* const* argv, char* const* variables, int output,
                         const OwnedProgram::Options& options, pid_t parent) {
  if (options.account != nullptr) {
    const bool changed = ::setgroups(0, nullptr) == 0 && ::setgid(options.account->group) == 0 &&
                         ::setuid(options.account->user) == 0 && ::chdir("/") == 0;
    if (!changed) ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, options.end_signal);  // a change of user would take it back
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);  // a Ctrl-C is for loadgen alone, which then stops it
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execve(argv[0], argv, variables);
  ::_exit(127);
}

}  // namespace

OwnedProgram::OwnedProgram(const Options& options)
    : output_(options.output), end_signal_(options.end_signal) {
  const UniqueFd output(::open(output_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!output) throw Error(ErrorCode::unavailable, "cannot write '" + output_.string() + "'");
  const std::vector<std::string> variables =
      environment_with(options.environment, options.dropped_prefixes);
  const std::vector<char*> argv = pointers_to(options.arguments);
  const std::vector<char*> envp = pointers_to(variables);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw Error(ErrorCode::unavailable, "cannot fork: " + reason());
  if (pid_ == 0) become(argv.data(), envp.data(), output.get(), options, parent);
  process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

bool OwnedProgram::has_ended(std::chrono::milliseconds timeout) const {
  if (pid_ <= 0) return true;
  pollfd ended{.fd = process_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&ended, 1, static_cast<int>(timeout.count())) > 0;
}

int OwnedProgram::wait() {
  int status = 0;
  if (pid_ <= 0 || ::waitpid(pid_, &status, 0) != pid_) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void OwnedProgram::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

void OwnedProgram::stop() noexcept {
  if (pid_ <= 0) return;
  signal(end_signal_);
  if (!has_ended(stop_deadline)) signal(SIGKILL);
  wait();
}

std::string OwnedProgram::last_words() const {
  std::ifstream output(output_);
  std::string last = "it said nothing";
  for (std::string line; std::getline(output, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace yardmaster::loadgen
