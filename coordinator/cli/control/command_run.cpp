#include "coordinator/cli/control/command_run.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/process_environment.h"

namespace yardmaster::cli {
namespace {

constexpr std::size_t most_kept = 65536;

ChildStart start_of(const std::vector<std::string>& words) {
  ChildStart start;
  start.argv = words;
  start.argv.insert(start.argv.begin(), "yardmaster");
  start.program = "/proc/self/exe";
  for (const auto& [name, value] : own_environment()) {
    start.environment.push_back(name + "=" + value);
  }
  return start;
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return "done";
  const std::size_t before = text.rfind('\n', end);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return text.substr(begin, end + 1 - begin);
}

}  // namespace

CommandRun::CommandRun(const std::vector<std::string>& words) {
  Pipe pipe = make_pipe();
  const UniqueFd nothing = open_null();
  ChildStart start = start_of(words);
  start.input = nothing.get();
  start.output = pipe.write.get();
  start.errors = pipe.write.get();
  start.group = ChildGroup::own_group;
  child_.emplace(start_child(start));
  output_ = std::move(pipe.read);
  ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
}

std::optional<std::string> CommandRun::take() {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = ::read(output_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    said_.append(buffer.data(), static_cast<std::size_t>(count));
    if (said_.size() > most_kept) said_.erase(0, said_.size() - most_kept);
  }
  child_->reap();
  return last_line(said_);
}

int run_in_terminal(const std::vector<std::string>& words) {
  OwnedChild child(start_child(start_of(words)));
  return child.reap();
}

bool succeeds(const std::vector<std::string>& program) {
  const UniqueFd nothing = open_null();
  ChildStart start;
  start.argv = program;
  for (const auto& [name, value] : own_environment()) {
    start.environment.push_back(name + "=" + value);
  }
  start.input = nothing.get();
  start.output = nothing.get();
  start.errors = nothing.get();
  try {
    OwnedChild child(start_child(start));
    return child.reap() == 0;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace yardmaster::cli
