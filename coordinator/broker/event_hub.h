// The event hub knows which session subscribes to which events, and sends them. Broker thread only.
//
// A pushed message counts as delivered: that is noted in the store, a batch at a time, and never
// waited for.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "coordinator/broker/sessions/session.h"
#include "coordinator/domain/handoff.h"
#include "coordinator/domain/instance.h"
#include "coordinator/domain/message.h"
#include "coordinator/instances/resources/instance_observer.h"
#include "coordinator/store/database.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

enum class EventKind { message, handoff, instance, gone, checkpoint };
inline constexpr std::size_t event_kinds = 5;

class EventHub final : public InstanceObserver {
 public:
  EventHub(boost::asio::io_context& io, StoreQueue& store) : io_(io), store_(store) {}

  // Replaces what the session subscribed to before. `instance` empty: events about everyone. Throws
  // invalid_request for a name that is no event.
  void subscribe(Session& session, const std::vector<std::string>& events,
                 const std::string& instance);
  void forget(const Session& session);
  std::size_t subscribers() const { return subscriptions_.size(); }

  void publish(const Message& message);
  // The same message to many, each under an id of its own. Takes as many turns of the loop as it
  // needs; later messages come after it.
  void publish(const Message& message, const std::vector<std::uint64_t>& ids,
               const std::vector<std::string>& recipients);
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

  // A message that has not been told to all of its recipients.
  struct Broadcast {
    Message message;
    std::vector<std::uint64_t> ids;
    std::vector<std::string> recipients;
    std::size_t told = 0;
  };

  void tell_message(const Message& message);
  void tell_broadcasts();
  void tell_next();
  // Returns how many heard it.
  std::size_t notify(EventKind kind, std::initializer_list<std::string_view> concerned,
                     const std::string& data);
  std::size_t notify_audience(EventKind kind, const std::string& instance, const std::string& data);
  void note_delivered(const Message& message);
  void submit_delivered();

  boost::asio::io_context& io_;
  StoreQueue& store_;
  std::unordered_map<const Session*, Subscription> subscriptions_;
  Audience audience_;
  std::unordered_map<std::string, std::vector<std::uint64_t>> delivered_;  // by recipient
  std::deque<Broadcast> broadcasts_;
};

}  // namespace yardmaster
