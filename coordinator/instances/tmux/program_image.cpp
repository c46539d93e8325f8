#include "coordinator/instances/tmux/program_image.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "coordinator/base/exec_environment.h"

namespace yardmaster {
namespace {

constexpr unsigned close_range_cloexec = 4;

}  // namespace

ProgramImage::ProgramImage(std::vector<std::string> argv, std::vector<std::string> environment)
    : words_(std::move(argv)),
      variables_(std::move(environment)),
      argv_(pointers_to(words_)),
      environment_(pointers_to(variables_)) {}

int ProgramImage::become(int input, int output, int errors, int kept) const {
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::syscall(SYS_close_range, 3U, ~0U, close_range_cloexec);
  if (kept > STDERR_FILENO) ::fcntl(kept, F_SETFD, 0);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvpe(argv_[0], argv_.data(), environment_.data());
  return errno;
}

std::vector<std::string> tmux_environment() {
  return environment_with({}, {"TMUX=", "TMUX_PANE=", "TMUX_TMPDIR=", "YARDMASTER_"});
}

}  // namespace yardmaster
