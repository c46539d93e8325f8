#include "loadgen/real/agent_children.h"

#include <cerrno>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace yardmaster::loadgen {
namespace {

struct ChildKind {
  bool is_orphan = false;
  bool has_session = false;
};

[[noreturn]] void be_a_child(const ChildKind& kind, pid_t owner) {
  if (kind.has_session) ::setsid();
  if (kind.is_orphan && ::fork() != 0) ::_exit(0);
  wait_for_end_of(owner);
  ::_exit(0);
}

void leave_child(const ChildKind& kind, pid_t owner) {
  const pid_t child = ::fork();
  if (child == 0) be_a_child(kind, owner);
  if (child > 0 && kind.is_orphan) ::waitpid(child, nullptr, 0);
}

}  // namespace

void wait_for_end_of(pid_t process) {
  const int descriptor = process > 0 ? static_cast<int>(::syscall(SYS_pidfd_open, process, 0)) : -1;
  if (process > 0 && descriptor < 0) return;  // it has ended already
  pollfd ended{.fd = descriptor, .events = POLLIN, .revents = 0};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
  }
}

void leave_children_about(pid_t owner) {
  leave_child({}, owner);
  leave_child({.is_orphan = true}, owner);
  leave_child({.has_session = true}, owner);
  leave_child({.is_orphan = true, .has_session = true}, owner);
}

}  // namespace yardmaster::loadgen
