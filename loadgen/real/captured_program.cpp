#include "loadgen/real/captured_program.h"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "coordinator/base/child_start.h"
#include "coordinator/base/error.h"
#include "coordinator/base/exec_environment.h"

namespace yardmaster::loadgen {
namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  throw Error(ErrorCode::unavailable, what + ": " + std::generic_category().message(error));
}

// The file is in memory, so that nobody has to read while the program writes.
UniqueFd memory_file(const std::string& content) {
  UniqueFd file(::memfd_create("captured", MFD_CLOEXEC));
  if (!file) fail("cannot make a file in memory", errno);
  const ssize_t written = ::pwrite(file.get(), content.data(), content.size(), 0);
  if (!std::cmp_equal(written, content.size())) fail("cannot write to memory", errno);
  return file;
}

std::string content_of(const UniqueFd& file) {
  std::string content;
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t got =
        ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(content.size()));
    if (got <= 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

StartedChild start_captured(const ProgramCall& call, int input, int output, int errors) {
  ChildStart start;
  start.argv = call.arguments;
  start.environment = environment_with(call.environment, call.dropped_prefixes);
  start.input = input;
  start.output = output;
  start.errors = errors;
  return start_child(start);
}

}  // namespace

ProgramOutcome run_program(const ProgramCall& call) {
  const UniqueFd input = memory_file(call.input);
  const UniqueFd output = memory_file({});
  const UniqueFd errors = memory_file({});
  OwnedChild child(start_captured(call, input.get(), output.get(), errors.get()));
  if (!child.has_ended(call.timeout)) {
    throw Error(ErrorCode::timed_out, "'" + call.arguments.front() + "' does not end");
  }
  const int status = child.reap();
  return {.status = status, .output = content_of(output), .errors = content_of(errors)};
}

std::string output_of(const ProgramCall& call) {
  ProgramOutcome outcome = run_program(call);
  if (outcome.succeeded()) return std::move(outcome.output);
  throw Error(ErrorCode::unavailable, "'" + call.arguments.front() + "' failed with status " +
                                          std::to_string(outcome.status) + ": " +
                                          outcome.errors.substr(0, outcome.errors.find('\n')));
}

}  // namespace yardmaster::loadgen
