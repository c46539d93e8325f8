// The event hub knows which session subscribes to which events, and sends them. Broker thread only.
//
// A pushed message counts as delivered: that is noted in the store, a batch at a time, and never
// waited for. `unread` says only that there is one, and delivers nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "coordinator/broker/event_table.h"
#include "coordinator/broker/sessions/memory_budget.h"
#include "coordinator/broker/sessions/session.h"
#include "coordinator/domain/handoff.h"
#include "coordinator/domain/instance.h"
#include "coordinator/domain/message.h"
#include "coordinator/instances/resources/instance_observer.h"
#include "coordinator/store/database.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

class EventHub final : public InstanceObserver {
 public:
  EventHub(boost::asio::io_context& io, StoreQueue& store, MemoryBudget& memory)
      : io_(io), store_(store), memory_(memory) {}

  // Replaces what the session subscribed to before. `instance` empty: events about everyone. Throws
  // invalid_request for a name that is no event.
  void subscribe(Session& session, const std::vector<std::string>& events,
                 const std::string& instance);
  void forget(const Session& session);
  // Called with the recipient of each message that none of its own subscribers got.
  void on_unheard(std::function<void(const std::string& recipient)> callback) {
    unheard_ = std::move(callback);
  }
  std::size_t subscribers() const { return subscriptions_.size(); }
  // Returns how many sessions were hung up on, since the start, for not reading their events.
  std::uint64_t dropped() const { return dropped_; }

  void publish(const Message& message);
  // The same message to many, each under an id of its own. Takes as many turns of the loop as it
  // needs; later messages come after it.
  void publish(const Message& message, const std::vector<std::uint64_t>& ids,
               const std::vector<std::string>& recipients);
  // Tells sender and recipient that it was read or acked.
  void publish_status(const Message& message);
  void publish(const Handoff& handoff);
  void publish(const CheckpointResult& checkpoint);
  void on_state(const Instance& instance) override;
  void on_gone(const Instance& instance, std::chrono::nanoseconds cleanup) override;
  void on_handoff(const Handoff& handoff) override { publish(handoff); }

 private:
  struct Subscription {
    SessionPtr session;
    unsigned kinds = 0;  // one bit per EventKind
    std::string instance;
  };
  // Sessions by the instance that they subscribe to; those that subscribe to all stand under the
  // empty name.
  using Audience = std::unordered_map<std::string, std::vector<Session*>>;

  // An event as it is sent: the rest is held once, however many hear it.
  struct Text {
    std::string beginning;
    SharedText rest;
  };

  // A message that has not been told to all of its recipients.
  struct Broadcast {
    Message message;  // without its body
    SharedText rest;  // of the event, which says the body
    std::vector<std::uint64_t> ids;
    std::vector<std::string> recipients;
    std::size_t told = 0;
  };

  Text text_of(EventKind kind, const nlohmann::json& data);
  SharedText message_text(const Message& message);
  void tell_message(const Message& message, const SharedText& rest);
  void tell_unread(const Message& message);
  void tell_broadcasts();
  void tell_next();
  // Returns how many heard it.
  std::size_t notify(EventKind kind, std::initializer_list<std::string_view> concerned,
                     const Text& text);
  std::size_t notify_audience(EventKind kind, const std::string& instance, const Text& text);
  void note_delivered(const Message& message);
  void submit_delivered();

  boost::asio::io_context& io_;
  StoreQueue& store_;
  MemoryBudget& memory_;
  std::function<void(const std::string& recipient)> unheard_ = [](const std::string&) {};
  std::uint64_t dropped_ = 0;
  std::unordered_map<const Session*, Subscription> subscriptions_;
  std::size_t unread_subscriptions_ = 0;  // to that kind
  Audience audience_;
  std::unordered_map<std::string, std::vector<std::uint64_t>> delivered_;  // by recipient
  std::deque<Broadcast> broadcasts_;
};

}  // namespace yardmaster
