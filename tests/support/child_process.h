// A program that a test runs. Its output goes to memory files, so it never blocks on a full pipe
// and needs no thread to be read. When its owner goes away, or the whole test dies, it is killed
// with everything in its process group. Made and used by the test's main thread only.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "coordinator/base/unique_fd.h"
#include "tests/support/deadline.h"

namespace yardmaster::support {

struct ChildOptions {
  std::vector<std::string> argv;                        // the program is looked up in PATH
  std::map<std::string, std::string> environment = {};  // on top of the test's own
  std::string input = {};                               // standard input
};

class ChildProcess {
 public:
  // Throws std::system_error when it cannot be started. The test's YARDMASTER_* variables are not
  // passed on.
  explicit ChildProcess(const ChildOptions& options);
  ~ChildProcess();
  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  pid_t pid() const { return pid_; }
  // Its exit status, 128 + n when signal n ended it, as a shell says it; nothing when it still runs
  // at the deadline.
  std::optional<int> wait(Deadline deadline = Deadline());
  bool running() { return !wait(Deadline(std::chrono::milliseconds(0))).has_value(); }
  void signal(int number) const;
  // SIGKILL to the whole group, and reaped.
  void kill();

  std::string output() const;  // standard output so far
  std::string errors() const;  // standard error so far

 private:
  UniqueFd input_;
  UniqueFd output_;
  UniqueFd errors_;
  UniqueFd pidfd_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

struct Finished {
  int status = -1;
  std::string output;
  std::string errors;
};

// Runs a program to its end; throws std::runtime_error with its output when it takes longer than
// the deadline.
Finished run(const ChildOptions& options, Deadline deadline = Deadline());

}  // namespace yardmaster::support
