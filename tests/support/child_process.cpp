#include "tests/support/child_process.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/system_error.h"

namespace yardmaster::support {
namespace {

UniqueFd memory_file(const char* name) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd) throw_system_error("memfd_create");
  return fd;
}

std::string whole_content(int fd) {
  std::string text;
  std::array<char, 8192> buffer{};
  ssize_t got = 0;
  while ((got = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(text.size()))) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string name(text.substr(0, text.find('=')));
    if (!name.starts_with("YARDMASTER_") && !changes.contains(name)) result.emplace_back(text);
  }
  for (const auto& [name, value] : changes) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (auto& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Between fork and exec: nothing but system calls.
[[noreturn]] void become(char* const* argv, char* const* environment, int in, int out, int err) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);
  if (::dup2(in, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(err, 2) == 2) {
    ::execvpe(argv[0], argv, environment);
  }
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const ChildOptions& options)
    : input_(memory_file("stdin")), output_(memory_file("stdout")), errors_(memory_file("stderr")) {
  if (::write(input_.get(), options.input.data(), options.input.size()) < 0) {
    throw_system_error("write");
  }
  ::lseek(input_.get(), 0, SEEK_SET);
  auto arguments = options.argv;
  auto environment = environment_with(options.environment);
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  pid_ = ::fork();
  if (pid_ < 0) throw_system_error("fork");
  if (pid_ == 0) become(argv.data(), envp.data(), input_.get(), output_.get(), errors_.get());
  ::setpgid(pid_, pid_);
  // The system call is made directly, since C++ can't link to <sys/pidfd.h> in glibc 2.36.
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_) throw_system_error("pidfd_open");
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      pidfd_(std::move(other.pidfd_)),
      pid_(std::exchange(other.pid_, -1)),
      status_(other.status_) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) kill();
}

std::optional<int> ChildProcess::wait(Deadline deadline) {
  if (status_) return status_;
  pollfd watched{pidfd_.get(), POLLIN, 0};
  if (::poll(&watched, 1, deadline.poll_timeout()) <= 0) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) throw_system_error("waitpid");
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return status_;
}

void ChildProcess::signal(int number) const {
  if (!status_ && ::kill(pid_, number) != 0) throw_system_error("kill");
}

void ChildProcess::kill() {
  ::kill(-pid_, SIGKILL);
  wait();
}

std::string ChildProcess::output() const { return whole_content(output_.get()); }
std::string ChildProcess::errors() const { return whole_content(errors_.get()); }

Finished run(const ChildOptions& options, Deadline deadline) {
  ChildProcess child(options);
  const auto status = child.wait(deadline);
  if (!status) {
    throw std::runtime_error(options.argv.front() +
                             " did not end in time; it said: " + child.output() + child.errors());
  }
  return {*status, child.output(), child.errors()};
}

}  // namespace yardmaster::support
