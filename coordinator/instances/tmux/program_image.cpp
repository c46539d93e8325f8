#include "coordinator/instances/tmux/program_image.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace yardmaster {
namespace {

constexpr unsigned close_range_cloexec = 4;

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

bool is_passed_on(std::string_view variable) {
  constexpr std::array<std::string_view, 4> dropped{
      "TMUX=", "TMUX_PANE=", "TMUX_TMPDIR=", "YARDMASTER_"};
  return std::ranges::none_of(
      dropped, [&](std::string_view prefix) { return variable.starts_with(prefix); });
}

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
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (is_passed_on(*entry)) variables.emplace_back(*entry);
  }
  return variables;
}

OwnedChild::OwnedChild(pid_t pid)
    : pid_(pid), pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))) {}

OwnedChild::~OwnedChild() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  reap();
}

int OwnedChild::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace yardmaster
