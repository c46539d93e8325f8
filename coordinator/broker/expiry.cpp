#include "coordinator/broker/expiry.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

// The time before which what was made is overdue. Nothing is while the daemon has not been there
// for long: who was away with it has to come back first.
WallTime limit_of(const Clock& clock, std::chrono::nanoseconds after, SteadyTime started) {
  constexpr std::chrono::nanoseconds grace = std::chrono::hours(1);
  const bool is_early = std::chrono::steady_clock::now() - started < std::min(after, grace);
  if (after == std::chrono::nanoseconds::zero() || is_early) return WallTime{};
  return clock.wall_now() - std::chrono::ceil<std::chrono::microseconds>(after);
}

}  // namespace

Expiry::Expiry(asio::io_context& io, StoreQueue& store, EventHub& events, const Clock& clock,
               const ExpiryOptions& options, OnHandoff on_handoff)
    : io_(io),
      store_(store),
      events_(events),
      clock_(clock),
      options_(options),
      on_handoff_(std::move(on_handoff)),
      timer_(io) {}

void Expiry::start() { asio::co_spawn(io_, keep_looking(), asio::detached); }

void Expiry::stop() {
  stopping_ = true;
  timer_.cancel();
}

asio::awaitable<void> Expiry::keep_looking() {
  while (!stopping_) {
    now_running("expiry");
    try {
      asio::awaitable<void> burying = bury_undeliverable();
      co_await std::move(burying);
      asio::awaitable<void> expiring = expire_handoffs();
      co_await std::move(expiring);
    } catch (const std::exception&) {
      // The store has said so itself.
    }
    timer_.expires_after(options_.interval);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

asio::awaitable<void> Expiry::bury_undeliverable() {
  const WallTime before = limit_of(clock_, options_.undeliverable_after, started_);
  std::optional<std::string> after = "";
  while (after && !stopping_) {
    const auto bury = [&](Store& store) { return store.bury_undeliverable(*after, before); };
    Store::Burial burial = co_await store_.run(Durability::process, bury);
    for (const DeadLetter& letter : burial.letters) {
      ++dead_.at(static_cast<std::size_t>(letter.cause));
      events_.publish(letter);
    }
    after = std::move(burial.next);
  }
}

asio::awaitable<void> Expiry::expire_handoffs() {
  const WallTime before = limit_of(clock_, options_.handoff_expires_after, started_);
  const auto expire = [&](Store& store) { return store.expire_handoffs(before); };
  for (bool more = true; more && !stopping_;) {
    const std::vector<Handoff> expired = co_await store_.run(Durability::power, expire);
    for (const Handoff& handoff : expired) on_handoff_(handoff);
    more = !expired.empty();
  }
}

}  // namespace yardmaster
