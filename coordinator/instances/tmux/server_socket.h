// These functions tell by facts whether a tmux server is behind a socket: a file that cannot be
// connected to says little, since it may have been removed or replaced under a server that lives.
// Broker thread, but for what says "any thread".
#pragma once

#include <filesystem>
#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "coordinator/base/unique_fd.h"
#include "coordinator/instances/processes/process.h"

namespace yardmaster {

enum class ServerPresence {
  listening,
  absent,       // proven: nobody listens on a socket of that name, whatever became of its file
  unreachable,  // somebody listens, but the socket's file is gone
};

// Any thread; reads the table of all sockets. Throws Error{unavailable} when it cannot be told,
// Error{usage} when the path is too long.
ServerPresence probe_server(const std::filesystem::path& socket);

bool accepts_connections(const std::filesystem::path& socket);

// A lock that the server that start_tmux_server() makes holds from before it exists until it has
// ended: one that does not listen yet is known by it, also to the next daemon. Takes it, for that
// server to inherit; nothing when it is held. Throws Error{unavailable}.
UniqueFd try_server_lock(const std::filesystem::path& socket);
bool is_server_lock_held(const std::filesystem::path& socket);

// The tmux server that was started for the socket, looked for among all processes: for when it
// cannot be asked. Any thread; reads all of /proc. nullopt when there is none.
std::optional<ProcessHandle> find_server_process(const std::filesystem::path& socket);
// Likewise a client that a daemon's connection to it runs by.
std::optional<ProcessHandle> find_client_process(const std::filesystem::path& socket);

// Has the server make the socket's file anew; `server` is its pidfd. Throws Error{unavailable} when
// it does not do so within two seconds.
boost::asio::awaitable<void> restore_server_socket(boost::asio::io_context& io,
                                                   std::filesystem::path socket, int server);

}  // namespace yardmaster
