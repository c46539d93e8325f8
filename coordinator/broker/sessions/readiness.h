// Tells which of thousands of sockets can be read or written, with one system call per turn of the
// loop: an epoll instance of its own, level-triggered, that the io_context waits for as one
// descriptor. Nothing is allocated or re-armed per wait. Broker thread only.
//
// Asio alone would queue a handler for each readable socket and each wait; the client's EventLoop
// would not run what the broker has from Asio: timers, signals, HTTP and WebSocket.
#pragma once

#include <array>
#include <cstdint>

#include <sys/epoll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "coordinator/base/clock.h"

namespace yardmaster {

class ReadinessHandler {
 public:
  // `events` are epoll's: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR.
  virtual void on_ready(std::uint32_t events) = 0;

 protected:
  ~ReadinessHandler() = default;
};

class Readiness {
 public:
  explicit Readiness(boost::asio::io_context& io);

  // The handler has to stay until remove(), which may be called from within on_ready(), its own or
  // another's. Throws Error{unavailable} when the system has no room.
  void add(int fd, ReadinessHandler& handler, std::uint32_t interest);
  void change(int fd, ReadinessHandler& handler, std::uint32_t interest);
  void remove(int fd, const ReadinessHandler& handler) noexcept;

  // Returns when the current turn began: one clock reading serves all input of the turn.
  SteadyTime turn_began() const { return turn_began_; }

 private:
  void wait();
  void begin_turn();
  void dispatch();

  // Small enough that replies of an earlier turn do not wait long behind requests of this one.
  static constexpr int events_per_turn = 64;
  static constexpr auto longest_turn = std::chrono::milliseconds(8);

  boost::asio::posix::stream_descriptor epoll_;
  std::array<epoll_event, events_per_turn> events_{};
  int pending_ = 0;  // events of this turn, from current_ on still to be handled
  int current_ = 0;
  SteadyTime turn_began_{};
};

}  // namespace yardmaster
