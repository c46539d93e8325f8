#include "loadgen/workloads/child_nursery.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorCode::unavailable,
              std::string(what) + ": " + std::generic_category().message(errno));
}

[[noreturn]] void be_a_child(pid_t helper) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "loadgen-child");
  if (::getppid() != helper) ::_exit(0);
  while (true) ::pause();
}

// Forks a child for every byte that comes, until the other end is closed.
[[noreturn]] void be_the_helper(int channel, pid_t parent) {
  ::setpgid(0, 0);  // out of the reach of a Ctrl-C: the program itself decides when to end
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "loadgen-nursery");
  if (::getppid() != parent) ::_exit(0);
  ::signal(SIGCHLD, SIG_IGN);  // the kernel reaps
  const pid_t self = ::getpid();
  char request = 0;
  while (::recv(channel, &request, 1, 0) == 1) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(channel);
      be_a_child(self);
    }
    ::send(channel, &child, sizeof child, MSG_NOSIGNAL);
  }
  ::_exit(0);  // its end is its children's
}

}  // namespace

ChildNursery::ChildNursery() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    fail("cannot make a socket pair");
  }
  channel_.reset(ends[0]);
  const UniqueFd other(ends[1]);
  const pid_t parent = ::getpid();
  helper_ = ::fork();
  if (helper_ < 0) fail("cannot fork");
  if (helper_ == 0) {
    channel_.reset();
    be_the_helper(other.get(), parent);
  }
  ::fcntl(channel_.get(), F_SETFL, O_NONBLOCK);
}

ChildNursery::~ChildNursery() {
  channel_.reset();
  if (helper_ > 0) ::waitpid(helper_, nullptr, 0);
}

void ChildNursery::ask() const {
  const char request = 1;
  ::send(channel_.get(), &request, 1, MSG_NOSIGNAL);
}

pid_t ChildNursery::take() const {
  pid_t child = 0;
  const ssize_t got = ::recv(channel_.get(), &child, sizeof child, 0);
  if (got != sizeof child) return 0;
  if (child < 0) throw Error(ErrorCode::unavailable, "cannot fork a child process for the churn");
  return child;
}

}  // namespace yardmaster::loadgen
