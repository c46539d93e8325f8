// Runs coroutines of the parts under test on the test's own thread, with a deadline.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/support/deadline.h"

namespace yardmaster::support {

class CoroutineLoop {
 public:
  boost::asio::io_context& io() { return io_; }

  // Returns what the coroutine returns and throws what it throws; throws std::runtime_error when it
  // takes too long.
  template <class T>
  T wait_for(boost::asio::awaitable<T> work) {
    std::optional<T> result;
    std::exception_ptr failure;
    boost::asio::co_spawn(io_, std::move(work), [&](std::exception_ptr error, T value) {
      failure = std::move(error);
      if (!failure) result = std::move(value);
    });
    require([&] { return failure || result; });
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }

  void wait_for(boost::asio::awaitable<void> work) {
    bool done = false;
    std::exception_ptr failure;
    boost::asio::co_spawn(io_, std::move(work), [&](std::exception_ptr error) {
      failure = std::move(error);
      done = true;
    });
    require([&] { return done; });
    if (failure) std::rethrow_exception(failure);
  }

  // Runs what is to be run until the condition holds; false at the deadline.
  template <class Condition>
  bool run_until(Condition condition, Deadline deadline = Deadline()) {
    while (!condition()) {
      if (deadline.passed()) return false;
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(2));
    }
    return true;
  }

 private:
  template <class Condition>
  void require(Condition condition) {
    if (!run_until(condition)) throw std::runtime_error("a coroutine did not end in time");
  }

  boost::asio::io_context io_{1};
};

}  // namespace yardmaster::support
