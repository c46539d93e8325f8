#include "coordinator/instances/tmux/tmux_version.h"

#include <array>
#include <charconv>

#include <unistd.h>

#include "coordinator/base/child_start.h"
#include "coordinator/base/error.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/tmux/program_image.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

constexpr auto timeout = std::chrono::seconds(5);
// The first that has `-N` and clients without output.
constexpr std::pair<int, int> oldest{3, 2};
// The exit status of `env` and shells when there is no such program.
constexpr int no_such_program = 127;

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorCode::unavailable, std::string("cannot run tmux: ") + what);
}

// Reads until the pipe's end; the child writes into no other descriptor.
asio::awaitable<std::string> read_all(asio::io_context& io, int pipe) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  std::string text;
  std::array<char, 256> buffer{};
  ssize_t got = 0;
  do {
    const bool readable = co_await wait_readable(io, pipe, deadline);
    if (!readable) fail("`tmux -V` does not end");
    got = ::read(pipe, buffer.data(), buffer.size());
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
  } while (got > 0);
  co_return text;
}

StartedChild ask_version(int output) {
  const UniqueFd null = open_null();
  ChildStart start;
  start.argv = {"tmux", "-V"};
  start.environment = tmux_environment();
  start.input = null.get();
  start.output = output;
  start.errors = null.get();
  try {
    return start_child(start);
  } catch (const Error& failure) {
    if (failure.code() == ErrorCode::not_found) throw_tmux_is_missing();
    fail(failure.what());
  }
}

// "tmux 3.3a\n" → "3.3a"
std::string version_in(std::string_view text) {
  constexpr std::string_view prefix = "tmux ";
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

void throw_tmux_is_missing() {
  throw Error(ErrorCode::unsupported,
              "tmux is not installed: install tmux 3.2 or newer, or switch it off in the "
              "configuration (\"tmux\": false)");
}

std::optional<std::pair<int, int>> parse_tmux_version(std::string_view text) {
  const std::size_t digit = text.find_first_of("0123456789");
  if (digit == std::string_view::npos) return std::nullopt;
  text.remove_prefix(digit);
  std::pair<int, int> version{};
  const char* const end = text.data() + text.size();
  const auto [dot, failure] = std::from_chars(text.data(), end, version.first);
  if (failure != std::errc()) return std::nullopt;
  if (dot != end && *dot == '.') std::from_chars(dot + 1, end, version.second);
  return version;
}

asio::awaitable<std::string> read_tmux_version(asio::io_context& io) {
  Pipe output = make_pipe();
  OwnedChild child(ask_version(output.write.get()));
  output.write.reset();
  const std::string text = co_await read_all(io, output.read.get());
  if (child.reap() == no_such_program) throw_tmux_is_missing();
  std::string version = version_in(text);
  const auto numbers = parse_tmux_version(version);
  if (numbers && *numbers < oldest) {
    throw Error(ErrorCode::unsupported,
                "tmux " + version + " is too old: install tmux 3.2 or newer");
  }
  co_return version;
}

}  // namespace yardmaster
