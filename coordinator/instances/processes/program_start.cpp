#include "coordinator/instances/processes/program_start.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ranges>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "coordinator/base/child_start.h"
#include "coordinator/base/error.h"
#include "coordinator/base/exec_environment.h"

namespace yardmaster {
namespace {

constexpr int lock_number = 3;  // the lock file's descriptor in the program

[[noreturn]] void cannot_feed(const std::string& program, int reason) {
  throw Error(ErrorCode::unavailable, "cannot start '" + program + "': " + std::strerror(reason));
}

// The input is a file in memory: no one has to feed it, and no reader that goes away sends SIGPIPE.
UniqueFd make_input(const ProgramCall& call) {
  if (call.input.empty()) return open_null();
  UniqueFd input(::memfd_create("input", MFD_CLOEXEC));
  if (!input) cannot_feed(call.argv.front(), errno);
  std::size_t written = 0;
  while (written < call.input.size()) {
    const ssize_t count =
        ::write(input.get(), call.input.data() + written, call.input.size() - written);
    if (count < 0) cannot_feed(call.argv.front(), errno);
    written += static_cast<std::size_t>(count);
  }
  ::lseek(input.get(), 0, SEEK_SET);
  return input;
}

std::vector<std::string> environment_of(const ProgramCall& call) {
  std::vector<std::string> added;
  added.reserve(call.environment.size());
  for (const auto& [name, value] : call.environment) added.push_back(name + "=" + value);
  std::vector<std::string> dropped;
  dropped.reserve(call.dropped_variables.size());
  for (const auto& name : call.dropped_variables) dropped.push_back(name + "=");
  return environment_with(added, dropped);
}

// The daemon reads from this end, and must not wait there.
UniqueFd not_blocking(UniqueFd end) {
  ::fcntl(end.get(), F_SETFL, O_NONBLOCK);
  return end;
}

}  // namespace

StartedProgram start_program(const ProgramCall& call, int lock, std::optional<mode_t> file_mask) {
  const UniqueFd input = make_input(call);
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  ChildStart start;
  start.argv = call.argv;
  start.environment = environment_of(call);
  start.directory = call.directory;
  start.input = input.get();
  start.output = output.write.get();
  start.errors = errors.write.get();
  if (lock >= 0) start.passed = PassedDescriptor{lock, lock_number};
  start.group = ChildGroup::own_session;
  start.death_signal = SIGTERM;
  start.file_mask = file_mask;
  StartedChild child = start_child(start);
  return {child.pid, std::move(child.pidfd), not_blocking(std::move(output.read)),
          not_blocking(std::move(errors.read))};
}

}  // namespace yardmaster
