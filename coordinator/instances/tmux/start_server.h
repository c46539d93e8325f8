// Starts the tmux server so that it outlives whoever started it. Broker thread; coroutines on its
// io_context.
#pragma once

#include <filesystem>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace yardmaster {

// Runs `tmux -D` in a session of its own, not as this process's child, and returns when it listens.
// What outlives an agent becomes the server's child and is reaped by it. The caller has made sure
// that there is none: a second one would take the socket away from the first. The server holds a
// lock (server_socket.h). Throws Error{unavailable} with what tmux said, Error{unsupported} when it
// is not installed.
boost::asio::awaitable<void> start_tmux_server(boost::asio::io_context& io,
                                               std::filesystem::path socket);

}  // namespace yardmaster
