#include "coordinator/instances/tmux/start_server.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "coordinator/base/child_start.h"
#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/tmux/program_image.h"
#include "coordinator/instances/tmux/server_socket.h"
#include "coordinator/instances/tmux/tmux_version.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr auto start_timeout = std::chrono::seconds(10);
constexpr int most_attempts = 3;
constexpr auto start_check_interval = std::chrono::milliseconds(2);

[[noreturn]] void fail_with_errno() {
  throw_unavailable(std::string("cannot start a tmux server: ") + std::strerror(errno));
}

// The process that is to become the server writes this into a pipe: its pid, and once more with
// errno when it could not become tmux.
struct Announcement {
  std::int32_t pid = 0;
  std::int32_t failure = 0;
};

// Between fork and exec: only calls that are safe there. The child's child becomes the server, so
// that it is nobody's child here and ends with nobody.
[[noreturn]] void become_server(const ProgramImage& tmux, int null, int errors, int announcements,
                                int lock) {
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1UL);
  Announcement announcement{::getpid(), 0};
  const ssize_t told = ::write(announcements, &announcement, sizeof announcement);
  if (told > 0 && ::chdir("/") == 0) {
    announcement.failure = tmux.become(null, null, errors, lock);
  } else {
    announcement.failure = errno;
  }
  const ssize_t failed = ::write(announcements, &announcement, sizeof announcement);
  ::_exit(failed > 0 ? 127 : 126);
}

// Reads until the server has closed its end, which it does by becoming tmux or by ending.
asio::awaitable<Announcement> read_announcement(asio::io_context& io, int pipe) {
  Announcement latest;
  const SteadyTime deadline = std::chrono::steady_clock::now() + start_timeout;
  ssize_t got = 0;
  do {
    const bool readable = co_await wait_readable(io, pipe, deadline);
    if (!readable) throw_unavailable("the tmux server does not start");
    Announcement next;
    got = ::read(pipe, &next, sizeof next);
    if (std::cmp_equal(got, sizeof next)) latest = next;
  } while (got > 0);
  co_return latest;
}

std::string read_from_start(int file) {
  std::array<char, 1024> buffer{};
  const ssize_t got = ::pread(file, buffer.data(), buffer.size(), 0);
  const std::string text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  return text.substr(0, text.find('\n'));
}

asio::awaitable<void> wait_until_it_listens(asio::io_context& io, fs::path socket, int server,
                                            int errors) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + start_timeout;
  while (!accepts_connections(socket)) {
    const SteadyTime next = std::chrono::steady_clock::now() + start_check_interval;
    const bool ended = co_await wait_readable(io, server, next);
    if (ended) throw_unavailable("the tmux server ended at once: " + read_from_start(errors));
    if (next > deadline) throw_unavailable("the tmux server does not listen on " + socket.string());
  }
}

// A program that a server was starting when it ended has its lock for a moment longer.
asio::awaitable<UniqueFd> take_lock(asio::io_context& io, fs::path socket) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + start_timeout;
  UniqueFd lock = try_server_lock(socket);
  while (!lock) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw_unavailable("a tmux server that does not listen on " + socket.string() +
                        " does not end");
    }
    co_await pause_for(io, start_check_interval);
    lock = try_server_lock(socket);
  }
  co_return lock;
}

asio::awaitable<void> start_once(asio::io_context& io, fs::path socket) {
  const ProgramImage tmux({"tmux", "-D", "-S", socket.string(), "-f", "/dev/null"},
                          tmux_environment());
  const UniqueFd lock = co_await take_lock(io, socket);
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  // The server keeps it for good; a pipe would have to be read for good.
  const UniqueFd errors(::memfd_create("tmux-errors", MFD_CLOEXEC));
  std::array<int, 2> pipe{};
  if (!null || !errors || ::pipe2(pipe.data(), O_CLOEXEC) != 0) fail_with_errno();
  const UniqueFd announcements(pipe[0]);
  UniqueFd announcing(pipe[1]);
  const pid_t child = ::fork();
  if (child < 0) fail_with_errno();
  if (child == 0) {
    become_server(tmux, null.get(), errors.get(), announcing.get(), lock.get());
  }
  OwnedChild intermediate(child);
  announcing.reset();
  const Announcement server = co_await read_announcement(io, announcements.get());
  intermediate.reap();
  errno = server.failure;
  if (server.failure == ENOENT) throw_tmux_is_missing();
  if (server.failure != 0 || server.pid == 0) fail_with_errno();
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, server.pid, 0U)));
  if (!process)
    throw_unavailable("the tmux server ended at once: " + read_from_start(errors.get()));
  co_await wait_until_it_listens(io, socket, process.get(), errors.get());
}

}  // namespace

// A server that somebody ends in its first moments is no reason to give up.
asio::awaitable<void> start_tmux_server(asio::io_context& io, fs::path socket) {
  for (int attempt = 1;; ++attempt) {
    bool may_try_again = false;
    try {
      co_await start_once(io, socket);
    } catch (const Error& error) {
      may_try_again = error.code() == ErrorCode::unavailable && attempt < most_attempts;
      if (!may_try_again) throw;
    }
    if (!may_try_again) break;
  }
}

}  // namespace yardmaster
