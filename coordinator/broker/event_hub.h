// The event hub knows which session subscribes to which events, and sends them. Broker thread only.
//
// Nothing that is sent here counts as delivered: whoever takes it confirms that (Deliveries).
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

#include "coordinator/broker/deliveries.h"
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
  // `lease`: see Deliveries.
  EventHub(boost::asio::io_context& io, StoreQueue& store, MemoryBudget& memory,
           std::chrono::nanoseconds lease);

  // Replaces what the session subscribed to before. `instance` empty: events about everyone.
  // `confirms`: it takes that instance's messages, and confirms them. Throws invalid_request for a
  // name that is no event, and for nothing to confirm.
  void subscribe(Session& session, const std::vector<std::string>& events,
                 const std::string& instance, bool confirms);
  void forget(const Session& session);
  // Called with the recipient of each message that no session of its own took, or left unconfirmed.
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
  // The recipient's side has these, or all up to one, so that no session is sent them again.
  void confirm(const std::string& recipient, const std::vector<std::uint64_t>& ids) {
    deliveries_.confirm(recipient, ids);
  }
  void confirm_up_to(const std::string& recipient, std::uint64_t newest) {
    deliveries_.confirm_up_to(recipient, newest);
  }
  std::uint64_t redelivered() const { return deliveries_.redelivered(); }
  // Tells sender and recipient that its status rose.
  void publish_status(const Message& message);
  void publish(const DeadLetter& letter);
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
  void tell_message(const Message& message, const SharedText& rest);
  // Returns whether one took it.
  bool tell_recipient(const Message& message, const Text& text);
  void tell_unread(const Message& message);
  void tell_broadcasts();
  void tell_next();
  // Returns how many heard it.
  std::size_t notify(EventKind kind, std::initializer_list<std::string_view> concerned,
                     const Text& text);
  std::size_t notify_audience(EventKind kind, const std::string& instance, const Text& text);
  bool is_heard(Session& listener, EventKind kind, const Text& text);

  boost::asio::io_context& io_;
  MemoryBudget& memory_;
  std::function<void(const std::string& recipient)> unheard_ = [](const std::string&) {};
  std::uint64_t dropped_ = 0;
  std::unordered_map<const Session*, Subscription> subscriptions_;
  std::size_t unread_subscriptions_ = 0;  // to that kind
  Audience audience_;
  std::deque<Broadcast> broadcasts_;
  Deliveries deliveries_;
};

}  // namespace yardmaster
