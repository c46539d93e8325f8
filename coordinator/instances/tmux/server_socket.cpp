#include "coordinator/instances/tmux/server_socket.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/paths.h"
#include "coordinator/base/unique_fd.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/proc_files.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr auto restore_timeout = std::chrono::seconds(2);
constexpr auto end_check_interval = std::chrono::milliseconds(2);

[[noreturn]] void cannot_tell(const fs::path& socket, int error) {
  throw Error(ErrorCode::unavailable, "cannot tell whether a tmux server listens on " +
                                          socket.string() + ": " + std::strerror(error));
}

// 0, or what connect() failed with.
int try_to_connect(const fs::path& socket) {
  require_socket_path(socket);
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) cannot_tell(socket, errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.native().copy(&address.sun_path[0], sizeof address.sun_path - 1);
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (::connect(probe.get(), generic, sizeof address) == 0) return 0;
  return errno == EAGAIN ? 0 : errno;  // its queue is full, so there is one
}

// The kernel knows a listener by the path that it was bound to, also when the file is gone.
bool has_listener(const fs::path& socket) {
  std::ifstream table("/proc/net/unix");
  if (!table) cannot_tell(socket, errno);
  constexpr std::string_view listening = " 00010000 ";
  const std::string ending = " " + socket.string();
  for (std::string line; std::getline(table, line);) {
    if (line.ends_with(ending) && line.find(listening) != std::string::npos) return true;
  }
  return false;
}

std::string with_zeros(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    text += word;
    text += '\0';
  }
  return text;
}

// Finds a process with these words beside each other in its command.
std::optional<ProcessHandle> find_process(std::initializer_list<std::string_view> words) {
  const std::string wanted = with_zeros(words);
  for (const std::int64_t pid : list_processes()) {
    if (read_proc_file(pid, "cmdline").find(wanted) == std::string::npos) continue;
    try {
      ProcessHandle handle = open_process(pid);
      // The process must still be the same, now that it is held.
      if (read_proc_file(pid, "cmdline").find(wanted) != std::string::npos) return handle;
    } catch (const Error&) {
      // It has ended meanwhile.
    }
  }
  return std::nullopt;
}

// The name does not end with ".lock", which tmux itself uses.
fs::path lock_file(const fs::path& socket) { return socket.string() + ".server"; }

}  // namespace

ServerPresence probe_server(const fs::path& socket) {
  const int failure = try_to_connect(socket);
  if (failure == 0) return ServerPresence::listening;
  if (failure != ENOENT && failure != ECONNREFUSED) cannot_tell(socket, failure);
  return has_listener(socket) ? ServerPresence::unreachable : ServerPresence::absent;
}

bool accepts_connections(const fs::path& socket) { return try_to_connect(socket) == 0; }

UniqueFd try_server_lock(const fs::path& socket) {
  const fs::path file = lock_file(socket);
  UniqueFd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (lock && errno == EWOULDBLOCK) return UniqueFd();
  throw Error(ErrorCode::unavailable,
              "cannot start a tmux server: " + file.string() + ": " + std::strerror(errno));
}

bool is_server_lock_held(const fs::path& socket) {
  const UniqueFd lock(::open(lock_file(socket).c_str(), O_RDWR | O_CLOEXEC));
  return lock && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0;
}

std::optional<ProcessHandle> find_server_process(const fs::path& socket) {
  return find_process({"-D", "-S", socket.native()});
}

std::optional<ProcessHandle> find_client_process(const fs::path& socket) {
  return find_process({"-C", "-S", socket.native()});
}

asio::awaitable<void> restore_server_socket(asio::io_context& io, fs::path socket, int server) {
  ::syscall(SYS_pidfd_send_signal, server, SIGUSR1, nullptr, 0U);
  const SteadyTime deadline = std::chrono::steady_clock::now() + restore_timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    if (accepts_connections(socket)) co_return;
    co_await pause_for(io, end_check_interval);
  }
  throw Error(ErrorCode::unavailable, "a tmux server listens on " + socket.string() +
                                          ", but that file is gone and the server does not make "
                                          "it again; end the server by hand");
}

}  // namespace yardmaster
