// The first sign of life of an agent that is being started: whoever hears of it says so here, and
// the allocation waits for it. Broker thread only.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace yardmaster {

enum class LifeSign {
  none,   // it says nothing
  hello,  // it reported a state
  died,
};

class LifeSigns {
 public:
  explicit LifeSigns(boost::asio::io_context& io) : io_(io) {}

  // From here on until forget() the life signs of this instance count.
  void expect(const std::string& instance);
  void forget(const std::string& instance) { expected_.erase(instance); }

  // Has no effect for instances that nobody waits for.
  void hello(const std::string& instance) { notify(instance, LifeSign::hello); }
  void died(const std::string& instance) { notify(instance, LifeSign::died); }

  // The first sign since expect(); `none` after `timeout`.
  boost::asio::awaitable<LifeSign> wait(std::string instance, std::chrono::nanoseconds timeout);

 private:
  struct Expected {
    explicit Expected(boost::asio::io_context& io) : heard(io) {}
    LifeSign sign = LifeSign::none;
    boost::asio::steady_timer heard;  // cancelled at the first sign
  };

  void notify(const std::string& instance, LifeSign sign);

  boost::asio::io_context& io_;
  std::unordered_map<std::string, std::shared_ptr<Expected>> expected_;
};

}  // namespace yardmaster
