// A small reactor over epoll, for clients that hold thousands of connections and count their own
// microseconds. One thread runs it and calls everything but post(). Handlers and timers run inside
// poll() and may add and remove handlers and timers, their own included.
//
// Descriptors are watched edge-triggered: a handler reads until it gets less than it asked for.
//
// It stands beside Asio's loop since a load generator measures what its own loop costs, and beside
// the broker's Readiness since that is one descriptor among others in an io_context, while this is
// the whole loop of its thread, with its timers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include <sys/epoll.h>

#include "coordinator/base/clock.h"
#include "coordinator/base/unique_fd.h"

namespace yardmaster {

class EventHandler {
 public:
  virtual void on_ready(std::uint32_t events) = 0;  // EPOLLIN, EPOLLOUT, EPOLLHUP, …

 protected:
  ~EventHandler() = default;
};

class EventLoop {
 public:
  // Throws Error{unavailable} when the kernel gives no descriptors.
  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // The handler must stay until it is removed. Throws Error{unavailable}.
  void add(int fd, std::uint32_t events, EventHandler& handler);
  void modify(int fd, std::uint32_t events, EventHandler& handler);
  // Must be called before the descriptor is closed; events that wait for the handler are dropped.
  void remove(int fd, const EventHandler& handler) noexcept;

  // Calls back once, not before `time`.
  using TimerId = std::pair<SteadyTime, std::uint64_t>;
  TimerId at(SteadyTime time, std::function<void()> callback);
  void cancel(const TimerId& timer);

  // Any thread: runs the callback on the loop's thread, soon.
  void post(std::function<void()> callback);

  // Waits until something is ready, but not past `until` or the next timer; then handles what is.
  // With a time that has passed, SteadyTime{} for one, it does not wait at all. At most 64 events
  // are handled, so that the caller has a say in between; true when there may be more.
  bool poll(SteadyTime until);

  // Lent to the handler that runs, until it returns.
  std::span<char> read_buffer() { return read_buffer_; }

 private:
  class Wakeup final : public EventHandler {
   public:
    explicit Wakeup(EventLoop& loop) : loop_(loop) {}
    void on_ready(std::uint32_t events) override;

   private:
    EventLoop& loop_;
  };

  int wait(SteadyTime until);
  void run_timers();
  void run_posted();

  UniqueFd epoll_;
  UniqueFd wakeup_fd_;
  Wakeup wakeup_{*this};
  std::array<epoll_event, 64> ready_{};
  int ready_count_ = 0;
  int ready_next_ = 0;
  std::map<TimerId, std::function<void()>> timers_;
  std::uint64_t next_timer_ = 1;
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
  std::vector<char> read_buffer_;
};

}  // namespace yardmaster
