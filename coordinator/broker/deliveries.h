// Gives messages into the hands of the recipients' own sessions: to each *taker*, a session that
// has promised to confirm what it takes, its pending messages in their order, first those that were
// there before. A message that is not confirmed within the lease is sent again, with all that
// follow it: a taker sees each once or more often, for the first time in order. What was read or
// acked counts as confirmed, by whichever session.
//
// So many messages, and so many bytes, are with a taker unconfirmed at most; the others stay in the
// store, from where they are read when there is room. Nothing here says that a message is
// delivered: its confirmation does (confirm_delivery). Broker thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/broker/sessions/memory_budget.h"
#include "coordinator/broker/sessions/session.h"
#include "coordinator/domain/message.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

class Deliveries {
 public:
  // Called with the recipient of what a taker has left unconfirmed.
  using OnUntaken = std::function<void(const std::string& recipient)>;

  Deliveries(boost::asio::io_context& io, StoreQueue& store, MemoryBudget& memory,
             std::chrono::nanoseconds lease, OnUntaken on_untaken);
  Deliveries(const Deliveries&) = delete;
  Deliveries& operator=(const Deliveries&) = delete;

  void add(Session& session, const std::string& recipient);
  void forget(const Session& session);
  bool is_taker(const Session& session) const { return takers_.contains(&session); }
  // A message was sent to the taker's instance; it gets it now or when its turn comes.
  void offer(Session& session, const Message& message, const SharedText& rest);
  // The recipient's side has these, or all up to one.
  void confirm(const std::string& recipient, const std::vector<std::uint64_t>& ids);
  void confirm_up_to(const std::string& recipient, std::uint64_t newest);
  // How many messages were sent again since the start.
  std::uint64_t redelivered() const { return redelivered_; }

 private:
  struct Sent {
    SteadyTime at{};
    std::size_t bytes = 0;
  };
  struct Taker {
    Session* session = nullptr;  // null once it is forgotten
    std::string recipient;
    std::map<std::uint64_t, Sent> unconfirmed;  // by id
    std::size_t bytes = 0;                      // of them
    std::uint64_t newest = 0;                   // all up to this one were sent
    bool is_live = false;    // it has all there is: what is new goes straight to it
    bool is_behind = false;  // something came that it was not sent
    bool is_reading = false;
  };
  using TakerPtr = std::shared_ptr<Taker>;

  static bool is_full(const Taker& taker);
  static void take_off(Taker& taker, std::uint64_t id);
  void send(Taker& taker, const Message& message, const SharedText& rest);
  void go_on(const TakerPtr& taker);
  void begin_again(const TakerPtr& taker);
  boost::asio::awaitable<void> catch_up(TakerPtr taker);
  boost::asio::awaitable<void> read_pending(TakerPtr taker);
  boost::asio::awaitable<void> watch_leases();
  std::vector<TakerPtr> takers_of(const std::string& recipient) const;

  boost::asio::io_context& io_;
  StoreQueue& store_;
  MemoryBudget& memory_;
  const std::chrono::nanoseconds lease_;
  OnUntaken on_untaken_;
  boost::asio::steady_timer timer_;
  std::unordered_map<const Session*, TakerPtr> takers_;
  std::unordered_map<std::string, std::vector<TakerPtr>> by_recipient_;
  std::uint64_t redelivered_ = 0;
  bool is_watching_ = false;
};

}  // namespace yardmaster
