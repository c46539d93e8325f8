#include "loadgen/real/remains.h"

#include <chrono>
#include <csignal>
#include <exception>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "coordinator/base/unique_fd.h"
#include "loadgen/real/captured_program.h"
#include "loadgen/real/outside_view.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::chrono::seconds removal_timeout{5};
constexpr int until_signals_are_felt_ms = 2;

// The token is looked at again while the pidfd holds the process, so that it is surely this one.
void kill_if_it_carries(pid_t pid, const std::string& token) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process || token_of(pid) != token) return;
  ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

// First by asking, so that it removes its socket; one that nobody can reach any more is killed.
void end_tmux_servers(const std::filesystem::path& socket) {
  if (std::filesystem::exists(socket)) {
    ProgramCall call;
    call.arguments = {"tmux", "-S", socket.string(), "kill-server"};
    call.dropped_prefixes = {"TMUX"};
    call.timeout = removal_timeout;
    run_program(call);
  }
  for (const pid_t server : tmux_servers(socket)) ::kill(server, SIGKILL);
}

}  // namespace

void kill_processes_with_token(const std::string& prefix) noexcept {
  try {
    const auto deadline = std::chrono::steady_clock::now() + removal_timeout;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto found = processes_with_token(prefix);
      if (found.empty()) return;
      for (const auto& process : found) kill_if_it_carries(process.pid, process.token);
      ::poll(nullptr, 0, until_signals_are_felt_ms);
    }
  } catch (const std::exception&) {
    // A look that fails finds nobody to end.
  }
}

Remains::~Remains() {
  try {
    end_tmux_servers(tmux_socket_);
  } catch (const std::exception&) {
    // Its panes' processes are ended below; an empty server is all that can be left.
  }
  kill_processes_with_token(token_prefix_);
}

}  // namespace yardmaster::loadgen
