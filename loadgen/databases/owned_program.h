// A program that runs for as long as its owner: it is ended with the object, and by the kernel when
// this process dies, however that happens. Not thread-safe; to be made by a thread that lives as
// long as the program shall.
#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "coordinator/base/child_start.h"

namespace yardmaster::loadgen {

class OwnedProgram {
 public:
  struct Options {
    std::vector<std::string> arguments;         // the first is the program's path
    std::vector<std::string> environment;       // "NAME=value", on top of this process's own
    std::vector<std::string> dropped_prefixes;  // variables not passed on
    std::filesystem::path output;               // appended to
    std::optional<Account> account = {};        // this process's otherwise
    int end_signal = SIGTERM;
  };

  // Throws Error that says what could not be started.
  explicit OwnedProgram(const Options& options);
  ~OwnedProgram() { stop(); }
  OwnedProgram(const OwnedProgram&) = delete;
  OwnedProgram& operator=(const OwnedProgram&) = delete;

  pid_t pid() const { return child_.pid(); }
  int pidfd() const { return child_.pidfd(); }
  // Returns whether the program has ended; waits for that as long as `timeout` says.
  bool has_ended(std::chrono::milliseconds timeout) const { return child_.has_ended(timeout); }
  // Its exit status, once it has ended; 128 + n when signal n ended it.
  int wait() { return child_.reap(); }
  void signal(int number) const { child_.signal(number); }
  // Ends it: by the end signal, by SIGKILL when that takes over 10 s.
  void stop() noexcept;
  // The last line that it wrote, or that it wrote none.
  std::string last_words() const;

 private:
  std::filesystem::path output_;
  int end_signal_;
  OwnedChild child_;
};

}  // namespace yardmaster::loadgen
