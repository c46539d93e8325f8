// Ends what has waited too long: messages that nobody is going to take become dead letters,
// handoffs that nobody decides expire. Looks at all of them every sweep_interval, in steps that
// hold up no other work of the store for long. Broker thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/broker/event_hub.h"
#include "coordinator/domain/handoff.h"
#include "coordinator/domain/message.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

struct ExpiryOptions {
  std::chrono::nanoseconds interval{};
  // 0: never.
  std::chrono::nanoseconds undeliverable_after{};
  std::chrono::nanoseconds handoff_expires_after{};
};

class Expiry {
 public:
  using OnHandoff = std::function<void(const Handoff& handoff)>;

  Expiry(boost::asio::io_context& io, StoreQueue& store, EventHub& events, const Clock& clock,
         const ExpiryOptions& options, OnHandoff on_handoff);

  void start();
  void stop();
  // Dead letters since the start, by their cause.
  std::uint64_t dead(DeathCause cause) const { return dead_.at(static_cast<std::size_t>(cause)); }

 private:
  boost::asio::awaitable<void> keep_looking();
  boost::asio::awaitable<void> bury_undeliverable();
  boost::asio::awaitable<void> expire_handoffs();

  boost::asio::io_context& io_;
  StoreQueue& store_;
  EventHub& events_;
  const Clock& clock_;
  const ExpiryOptions options_;
  const SteadyTime started_ = std::chrono::steady_clock::now();
  OnHandoff on_handoff_;
  boost::asio::steady_timer timer_;
  std::array<std::uint64_t, 2> dead_{};
  bool stopping_ = false;
};

}  // namespace yardmaster
