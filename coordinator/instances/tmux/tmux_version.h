// The version of the tmux that is installed. Broker thread; a coroutine on its io_context.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace yardmaster {

// E.g. "3.3a". Throws Error{unsupported} when tmux is not installed or older than 3.2,
// Error{unavailable} when it does not say.
boost::asio::awaitable<std::string> read_tmux_version(boost::asio::io_context& io);

// "tmux 3.3a" and "tmux next-3.4" are {3, 3} and {3, 4}; nullopt for what has no number.
std::optional<std::pair<int, int>> parse_tmux_version(std::string_view text);

[[noreturn]] void throw_tmux_is_missing();

}  // namespace yardmaster
