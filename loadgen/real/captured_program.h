// Runs a program (git, tmux) to its end and keeps what it wrote. Any thread; blocks.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace yardmaster::loadgen {

struct ProgramCall {
  std::vector<std::string> arguments;              // the first is looked up on PATH
  std::vector<std::string> environment = {};       // "NAME=value", on top of this process's own
  std::vector<std::string> dropped_prefixes = {};  // variables not passed on
  std::string input = {};                          // standard input
  std::chrono::milliseconds timeout = std::chrono::seconds(60);  // then SIGKILL
};

struct ProgramOutcome {
  int status = -1;  // the exit status; 128 + n when signal n ended it
  std::string output;
  std::string errors;

  bool succeeded() const { return status == 0; }
};

// Throws Error{not_found} when there is no such program, unavailable when it cannot be started, and
// timed_out.
ProgramOutcome run_program(const ProgramCall& call);

// Its output. Throws Error{unavailable} with the first line of what it complained about when it
// fails, too.
std::string output_of(const ProgramCall& call);

}  // namespace yardmaster::loadgen
