#include "coordinator/broker/sessions/readiness.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <boost/asio/post.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"

namespace yardmaster {

Readiness::Readiness(boost::asio::io_context& io)
    : epoll_(io, ::epoll_create1(EPOLL_CLOEXEC)), turn_began_(std::chrono::steady_clock::now()) {
  wait();
}

void Readiness::add(int fd, ReadinessHandler& handler, std::uint32_t interest) {
  epoll_event event{};
  event.events = interest;
  event.data.ptr = &handler;
  if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, fd, &event) == 0) return;
  throw Error(ErrorCode::unavailable,
              std::string("cannot watch a socket: ") + std::strerror(errno));
}

void Readiness::change(int fd, ReadinessHandler& handler, std::uint32_t interest) {
  epoll_event event{};
  event.events = interest;
  event.data.ptr = &handler;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, fd, &event);
}

void Readiness::remove(int fd, const ReadinessHandler& handler) noexcept {
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, fd, nullptr);
  for (int i = current_; i < pending_; ++i) {
    epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &handler) event.data.ptr = nullptr;
  }
}

void Readiness::wait() {
  epoll_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [this](const boost::system::error_code& failure) {
                      if (!failure) begin_turn();
                    });
}

void Readiness::begin_turn() {
  now_running("sockets");
  // It is no wait, so it is not made by the call that the loop waits with (stall_detector.h).
  pending_ = ::epoll_pwait(epoll_.native_handle(), events_.data(), events_per_turn, 0, nullptr);
  current_ = 0;
  dispatch();
}

// What is left when the time is over is handled in the next turn of the loop, before others.
void Readiness::dispatch() {
  now_running("sockets");
  turn_began_ = std::chrono::steady_clock::now();
  while (current_ < pending_) {
    const epoll_event event = events_[static_cast<std::size_t>(current_)];
    ++current_;
    if (event.data.ptr == nullptr) continue;
    static_cast<ReadinessHandler*>(event.data.ptr)->on_ready(event.events);
    if (current_ < pending_ && std::chrono::steady_clock::now() - turn_began_ > longest_turn) {
      return boost::asio::post(epoll_.get_executor(), [this] { dispatch(); });
    }
  }
  pending_ = 0;
  current_ = 0;
  wait();
}

}  // namespace yardmaster
