#include "coordinator/client/event_loop.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

constexpr std::size_t read_buffer_size = 65536;

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorCode::unavailable,
              std::string(what) + ": " + std::generic_category().message(errno));
}

timespec to_timespec(std::chrono::nanoseconds duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  return {.tv_sec = seconds.count(), .tv_nsec = (duration - seconds).count()};
}

}  // namespace

void EventLoop::Wakeup::on_ready(std::uint32_t /*events*/) { loop_.run_posted(); }

EventLoop::EventLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wakeup_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      read_buffer_(read_buffer_size) {
  if (!epoll_ || !wakeup_fd_) fail("cannot set up an event loop");
  add(wakeup_fd_.get(), EPOLLIN, wakeup_);
}

void EventLoop::add(int fd, std::uint32_t events, EventHandler& handler) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.ptr = &handler;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("cannot watch a descriptor");
}

void EventLoop::modify(int fd, std::uint32_t events, EventHandler& handler) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.ptr = &handler;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0) fail("cannot watch a descriptor");
}

void EventLoop::remove(int fd, const EventHandler& handler) noexcept {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  for (int i = ready_next_; i < ready_count_; ++i) {
    auto& event = ready_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &handler) event.data.ptr = nullptr;
  }
}

EventLoop::TimerId EventLoop::at(SteadyTime time, std::function<void()> callback) {
  const TimerId id{time, next_timer_++};
  timers_.emplace(id, std::move(callback));
  return id;
}

void EventLoop::cancel(const TimerId& timer) { timers_.erase(timer); }

void EventLoop::post(std::function<void()> callback) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(callback));
  }
  const std::uint64_t one = 1;
  // A full counter wakes the loop just as well.
  [[maybe_unused]] const auto written = ::write(wakeup_fd_.get(), &one, sizeof one);
}

bool EventLoop::poll(SteadyTime until) {
  ready_next_ = 0;
  ready_count_ = wait(timers_.empty() ? until : std::min(until, timers_.begin()->first.first));
  while (ready_next_ < ready_count_) {
    const epoll_event event = ready_[static_cast<std::size_t>(ready_next_++)];
    if (event.data.ptr != nullptr)
      static_cast<EventHandler*>(event.data.ptr)->on_ready(event.events);
  }
  const bool was_full = std::cmp_equal(ready_count_, ready_.size());
  run_timers();
  return was_full;
}

int EventLoop::wait(SteadyTime until) {
  const auto left = std::max<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now(),
                                                       std::chrono::nanoseconds::zero());
  // The wait lasts at most an hour at a time, since a caller without a deadline gives the end of
  // time.
  const timespec timeout =
      to_timespec(std::min<std::chrono::nanoseconds>(left, std::chrono::hours(1)));
  const int count = ::epoll_pwait2(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()),
                                   &timeout, nullptr);
  if (count < 0 && errno != EINTR) fail("cannot wait for events");
  return std::max(count, 0);
}

void EventLoop::run_timers() {
  if (timers_.empty()) return;
  const auto now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const auto callback = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    callback();
  }
}

void EventLoop::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wakeup_fd_.get(), &count, sizeof count);
  std::vector<std::function<void()>> callbacks;
  {
    const std::lock_guard lock(posted_mutex_);
    callbacks.swap(posted_);
  }
  for (const auto& callback : callbacks) callback();
}

}  // namespace yardmaster
