// A program that runs for as long as its owner: it is ended with the object, and by the kernel when
// this process dies, however that happens. Not thread-safe; to be made by a thread that lives as
// long as the program shall.
#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

#include "coordinator/base/unique_fd.h"

namespace yardmaster::loadgen {

// Whom a program runs as.
struct Account {
  uid_t user = 0;
  gid_t group = 0;
};

class OwnedProgram {
 public:
  struct Options {
    std::vector<std::string> arguments;         // the first is the program's path
    std::vector<std::string> environment;       // "NAME=value", on top of this process's own
    std::vector<std::string> dropped_prefixes;  // variables not passed on
    std::filesystem::path output;               // appended to
    const Account* account = nullptr;           // null: this process's
    int end_signal = SIGTERM;
  };

  // Throws Error{unavailable}.
  explicit OwnedProgram(const Options& options);
  ~OwnedProgram() { stop(); }
  OwnedProgram(const OwnedProgram&) = delete;
  OwnedProgram& operator=(const OwnedProgram&) = delete;

  pid_t pid() const { return pid_; }
  int pidfd() const { return process_.get(); }
  // Returns whether the program has ended; waits for that as long as `timeout` says.
  bool has_ended(std::chrono::milliseconds timeout) const;
  // Its exit status, once it has ended; 128 + n when signal n ended it.
  int wait();
  void signal(int number) const;
  // Ends it: by the end signal, by SIGKILL when that takes over 10 s.
  void stop() noexcept;
  // The last line that it wrote, or that it wrote none.
  std::string last_words() const;

 private:
  std::filesystem::path output_;
  int end_signal_;
  UniqueFd process_;  // a pidfd
  pid_t pid_ = -1;
};

}  // namespace yardmaster::loadgen
