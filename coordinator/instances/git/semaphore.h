// A counting semaphore whose waiters are coroutines, served in the order in which they came. Broker
// thread only. With one permit it is the queue of a repository's changes; with as many as the
// machine has cores it keeps checkouts from slowing each other down.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/stall_detector.h"

namespace yardmaster {

class Semaphore {
  struct State {
    std::size_t free = 0;
    // A waiter whose turn it is finds its timer taken out of the list.
    std::deque<std::shared_ptr<boost::asio::steady_timer>> waiting;
  };

 public:
  // Given back by its destructor; it may outlive the semaphore.
  class Permit {
   public:
    Permit() = default;
    explicit Permit(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Permit(Permit&& other) noexcept : state_(std::move(other.state_)) {}
    Permit& operator=(Permit&& other) noexcept {
      release();
      state_ = std::move(other.state_);
      return *this;
    }
    ~Permit() { release(); }

    // The next waiter has it then.
    void release() {
      const std::shared_ptr<State> state = std::move(state_);
      if (!state) return;
      if (state->waiting.empty()) {
        ++state->free;
        return;
      }
      const auto next = std::move(state->waiting.front());
      state->waiting.pop_front();
      next->cancel();
    }

   private:
    std::shared_ptr<State> state_;
  };

  Semaphore(boost::asio::io_context& io, std::size_t permits)
      : io_(io), state_(std::make_shared<State>()) {
    state_->free = permits;
  }

  boost::asio::awaitable<Permit> acquire() {
    const std::shared_ptr<State> state = state_;
    if (state->free > 0) {
      --state->free;
      co_return Permit(state);
    }
    const auto turn = std::make_shared<boost::asio::steady_timer>(
        io_, std::chrono::steady_clock::time_point::max());
    state->waiting.push_back(turn);
    boost::system::error_code ignored;
    const KeepName keep_name;
    co_await turn->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    co_return Permit(state);
  }

 private:
  boost::asio::io_context& io_;
  std::shared_ptr<State> state_;
};

// CheckoutSlots limits how many checkouts run at once, over all repositories.
class CheckoutSlots final : public Semaphore {
 public:
  using Semaphore::Semaphore;
};

}  // namespace yardmaster
