#include "loadgen/workloads/child_nursery.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <deque>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorCode::unavailable,
              std::string(what) + ": " + std::generic_category().message(errno));
}

// A child lives in the helper's memory, with a stack of its own, and shares even the helper's
// thread-local variables: it may do nothing but call the kernel.
struct Child {
  pid_t alive = 0;  // the kernel clears it when the child is gone
  pid_t helper = 0;
  int channel = -1;
  alignas(16) std::array<char, 16384> stack{};
};

__attribute__((no_sanitize("address", "thread", "undefined"))) int be_a_child(void* place) {
  const Child& child = *static_cast<const Child*>(place);
  ::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  ::syscall(SYS_prctl, PR_SET_NAME, "loadgen-child", 0, 0, 0);
  ::syscall(SYS_close, child.channel);
  if (::syscall(SYS_getppid) != child.helper) ::syscall(SYS_exit_group, 0);
  while (true) ::syscall(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
}

// Returns where a new child can live: the place of one that is gone, or another one.
Child& free_place(std::deque<Child>& places) {
  for (Child& place : places) {
    if (std::atomic_ref(place.alive).load() == 0) return place;
  }
  return places.emplace_back();
}

// Makes a process that shares this one's memory instead of copying its page tables: that takes a
// fiftieth of the time, at its beginning and at its end. Returns -1 when there is none.
pid_t make_child(std::deque<Child>& places, int channel) {
  Child& place = free_place(places);
  place.helper = ::getpid();
  place.channel = channel;
  constexpr int flags = CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
  return ::clone(be_a_child, place.stack.data() + place.stack.size(), flags, &place, &place.alive,
                 nullptr, &place.alive);
}

// Makes a child for every byte that comes, until the other end is closed.
[[noreturn]] void be_the_helper(int channel, pid_t parent) {
  ::setpgid(0, 0);  // out of the reach of a Ctrl-C: the program itself decides when to end
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "loadgen-nursery");
  if (::getppid() != parent) ::_exit(0);
  ::signal(SIGCHLD, SIG_IGN);  // the kernel reaps
  std::deque<Child> places;
  char request = 0;
  while (::recv(channel, &request, 1, 0) == 1) {
    const pid_t child = make_child(places, channel);
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
