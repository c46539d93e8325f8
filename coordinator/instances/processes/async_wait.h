// Waiting for a descriptor (a pidfd, a pipe) without blocking. The io_context's thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "coordinator/base/clock.h"

namespace yardmaster {

// Returns whether the descriptor can be read now. Callers that wait with Asio ask again here: a
// wait may end too early, since a descriptor that is closed while another program is being started
// stays in the epoll set for a moment, and its events reach whatever is watched in its place.
bool is_readable(int descriptor);

// True once the descriptor can be read (a pidfd: once the process has ended), false at the
// deadline. The descriptor stays the caller's, who keeps it open. Throws Error{unavailable} when
// no more files can be opened.
boost::asio::awaitable<bool> wait_readable(boost::asio::io_context& io, int descriptor,
                                           SteadyTime deadline);

boost::asio::awaitable<void> pause_for(boost::asio::io_context& io, std::chrono::nanoseconds time);

// For walks whose length grows with the yard: when is_over() says so, turn() lets the loop do
// everything else that is due.
class Pace {
 public:
  explicit Pace(boost::asio::io_context& io) : io_(io) {}
  bool is_over() const { return std::chrono::steady_clock::now() - began_ > share; }
  boost::asio::awaitable<void> turn();

 private:
  static constexpr auto share = std::chrono::milliseconds(4);

  boost::asio::io_context& io_;
  SteadyTime began_ = std::chrono::steady_clock::now();
};

}  // namespace yardmaster
