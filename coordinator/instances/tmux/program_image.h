// A program to become after a fork: everything that needs memory is done before. Any thread.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "coordinator/base/unique_fd.h"

namespace yardmaster {

class ProgramImage {
 public:
  // The program is looked up on PATH; `environment` are "NAME=value".
  ProgramImage(std::vector<std::string> argv, std::vector<std::string> environment);

  // Becomes the program in a forked child, with these three descriptors, no others but `kept` (-1:
  // none), and signals as they are by default. Returns errno when that cannot be.
  int become(int input, int output, int errors, int kept = -1) const;

 private:
  std::vector<std::string> words_;
  std::vector<std::string> variables_;
  std::vector<char*> argv_;
  std::vector<char*> environment_;
};

// Returns this process's environment without what would point tmux at another server, and without
// what is meant for this process alone.
std::vector<std::string> tmux_environment();

// A child that ends with its owner: killed and reaped, if it was not before.
class OwnedChild {
 public:
  // Right after the fork, by the parent.
  explicit OwnedChild(pid_t pid);
  ~OwnedChild();
  OwnedChild(const OwnedChild&) = delete;
  OwnedChild& operator=(const OwnedChild&) = delete;

  // Readable once it has ended; -1 when no more files could be opened.
  int pidfd() const { return pidfd_.get(); }
  // Waits for its end; its exit status, 128 + n when signal n ended it.
  int reap();

 private:
  pid_t pid_;  // not another's while it is not reaped
  UniqueFd pidfd_;
};

}  // namespace yardmaster
