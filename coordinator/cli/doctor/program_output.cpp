#include "coordinator/cli/doctor/program_output.h"

#include <array>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "coordinator/base/child_start.h"
#include "coordinator/base/error.h"
#include "coordinator/base/exec_environment.h"

namespace yardmaster::cli {
namespace {

using std::chrono::steady_clock;

// The standard output goes into the descriptor. Returns nothing when the program cannot be started.
std::optional<StartedChild> start_quietly(std::vector<std::string> command, int output) {
  try {
    const UniqueFd null = open_null();
    ChildStart start;
    start.argv = std::move(command);
    start.environment = environment_with({});
    start.input = null.get();
    start.output = output;
    start.errors = null.get();
    return start_child(start);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// False when the time is over.
bool read_to_end(int fd, std::string& text, steady_clock::time_point deadline) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    pollfd poll{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&poll, 1, static_cast<int>(left.count())) == 0) return false;
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count <= 0) return true;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

std::optional<std::string> program_output(std::vector<std::string> command,
                                          std::chrono::milliseconds timeout) {
  Pipe pipe = make_pipe();
  std::optional<StartedChild> started = start_quietly(std::move(command), pipe.write.get());
  pipe.write.reset();
  if (!started) return std::nullopt;
  OwnedChild child(std::move(*started));
  std::string text;
  const bool in_time = read_to_end(pipe.read.get(), text, steady_clock::now() + timeout);
  if (!in_time || child.reap() != 0) return std::nullopt;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace yardmaster::cli
