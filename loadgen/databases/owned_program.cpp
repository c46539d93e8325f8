#include "loadgen/databases/owned_program.h"

#include <fstream>

#include <fcntl.h>

#include "coordinator/base/error.h"
#include "coordinator/base/exec_environment.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::chrono::seconds stop_deadline{10};

StartedChild start_owned(const OwnedProgram::Options& options) {
  const UniqueFd output(
      ::open(options.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!output) {
    throw Error(ErrorCode::unavailable, "cannot write '" + options.output.string() + "'");
  }
  ChildStart start;
  start.argv = options.arguments;
  start.program = options.arguments.front();
  start.environment = environment_with(options.environment, options.dropped_prefixes);
  if (options.account) start.directory = "/";  // it may not be allowed to stay in this one
  start.output = output.get();
  start.errors = output.get();
  start.group = ChildGroup::own_group;
  start.death_signal = options.end_signal;
  start.account = options.account;
  return start_child(start);
}

}  // namespace

OwnedProgram::OwnedProgram(const Options& options)
    : output_(options.output), end_signal_(options.end_signal), child_(start_owned(options)) {}

void OwnedProgram::stop() noexcept {
  if (pid() <= 0) return;
  signal(end_signal_);
  if (!has_ended(stop_deadline)) signal(SIGKILL);
  wait();
}

std::string OwnedProgram::last_words() const {
  std::ifstream output(output_);
  std::string last = "it said nothing";
  for (std::string line; std::getline(output, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace yardmaster::loadgen
