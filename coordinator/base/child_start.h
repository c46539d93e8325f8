// Starts programs, in one way for all but tmux's server, which has to be nobody's child. A few
// system calls stand between vfork and exec, whatever the size of this process. Any thread may call
// it, and stands still until exec, a millisecond or so.
//
// A program starts with signals as they are by default, and inherits no descriptor but those that
// are named.
#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "coordinator/base/unique_fd.h"

namespace yardmaster {

// An account says whom a program runs as.
struct Account {
  uid_t user = 0;
  gid_t group = 0;
};

enum class ChildGroup {
  parents,
  own_group,    // a Ctrl-C in the terminal does not reach it
  own_session,  // nor does it have a terminal to ask for passwords on
};

struct PassedDescriptor {
  int ours = -1;
  int its = -1;  // 3, or the same number as here
};

struct ChildStart {
  std::vector<std::string> argv;  // no shell
  std::string program = {};       // a file; empty: argv[0], looked up on the environment's PATH
  std::vector<std::string> environment;  // "NAME=value", all of it
  std::filesystem::path directory = {};  // empty: this process's
  int input = -1;                        // -1, here and below: this process's
  int output = -1;
  int errors = -1;
  std::optional<PassedDescriptor> passed = {};
  ChildGroup group = ChildGroup::parents;
  int death_signal = 0;  // sent when the starting thread, not only the process, ends; 0: none
  std::optional<mode_t> file_mask = {};  // its umask, when it is not to be this process's
  std::optional<Account> account = {};
};

struct StartedChild {
  pid_t pid = -1;
  UniqueFd pidfd;
};

// Throws Error{not_found} when there is no such program or directory, Error{unavailable} when the
// system cannot start it.
StartedChild start_child(const ChildStart& start);

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

// Both ends are closed by exec. Throws Error{unavailable}.
Pipe make_pipe();
// Opens /dev/null for reading and writing. Throws Error{unavailable}.
UniqueFd open_null();

// Returns the exit status; 128 + n when signal n ended the process.
int exit_status_of(int wait_status);

// A child that ends with its owner: killed and reaped, if it was not before. Not thread-safe.
class OwnedChild {
 public:
  explicit OwnedChild(pid_t pid);  // one that is not reaped yet
  explicit OwnedChild(StartedChild started) : pid_(started.pid), pidfd_(std::move(started.pidfd)) {}
  ~OwnedChild();
  OwnedChild(const OwnedChild&) = delete;
  OwnedChild& operator=(const OwnedChild&) = delete;

  pid_t pid() const { return pid_; }  // -1: reaped
  // Readable once it has ended; -1 when no more files could be opened.
  int pidfd() const { return pidfd_.get(); }
  void signal(int number) const;
  // Returns whether it has ended; waits for that as long as `timeout` says.
  bool has_ended(std::chrono::milliseconds timeout) const;
  // Waits for its end. Returns its exit status, -1 when it was reaped before.
  int reap();

 private:
  pid_t pid_;  // not another's while it is not reaped
  UniqueFd pidfd_;
};

}  // namespace yardmaster
