#include "coordinator/cli/yard_connection.h"

#include <cerrno>
#include <optional>

#include <unistd.h>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "coordinator/daemon/daemon_lock.h"

namespace yardmaster::cli {
namespace {

// Somebody of the sockets' group may not look into the state directory.
bool may_look_at(const std::filesystem::path& lock) {
  return ::access(lock.c_str(), R_OK | W_OK) == 0 || errno == ENOENT;
}

[[noreturn]] void tell_unreachable(const Config& config, pid_t holder) {
  throw NoDaemon("the daemon of " + config.state_dir + " runs with pid " + std::to_string(holder) +
                 ", but cannot be reached on " + config.paths().broker_socket().string() +
                 ": sockets that were removed are made again within " +
                 format_duration(config.sweep_interval) + "; see 'yardmaster logs'");
}

[[noreturn]] void tell_other_yard(const Config& config, const std::optional<pid_t>& holder,
                                  pid_t listener) {
  const std::string other = "the one that listens on " + config.paths().broker_socket().string() +
                            " (pid " + std::to_string(listener) + ") is another yard's";
  if (!holder) {
    throw Error(ErrorCode::conflict, "no daemon runs on " + config.state_dir +
                                         " (start one with 'yardmaster start'); " + other);
  }
  throw Error(ErrorCode::conflict, "the daemon of " + config.state_dir + " is pid " +
                                       std::to_string(*holder) + "; " + other +
                                       ": leave --runtime-dir out");
}

Client connect_or_explain(const Config& config, const std::optional<pid_t>& holder,
                          Client::Timeout timeout) {
  try {
    return Client(config.paths().broker_socket(), timeout);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unavailable) throw;
    if (!holder || *holder <= 0) throw NoDaemon(error.what());
  }
  tell_unreachable(config, *holder);
}

}  // namespace

Client connect_to_yard(const Config& config, Client::Timeout timeout) {
  if (config.named_by_sockets) return connect_or_explain(config, std::nullopt, timeout);
  const std::filesystem::path lock = config.paths().lock();
  const std::optional<pid_t> holder = lock_holder(lock);
  Client client = connect_or_explain(config, holder, timeout);
  const pid_t listener = client.listener_pid();
  const bool can_tell = listener > 0 && may_look_at(lock);
  if (can_tell && holder != listener) {
    // It may have been another a moment ago, when it was just being started anew.
    const std::optional<pid_t> now = lock_holder(lock);
    if (now != listener) tell_other_yard(config, now, listener);
  }
  return client;
}

}  // namespace yardmaster::cli
