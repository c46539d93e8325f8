#include "coordinator/broker/event_hub.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <boost/asio/post.hpp>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/wire_values.h"
#include "coordinator/broker/message_event.h"

namespace yardmaster {
namespace {

constexpr auto longest_telling = std::chrono::milliseconds(4);
constexpr std::size_t told_between_looks = 16;

unsigned bit(EventKind kind) { return 1U << static_cast<unsigned>(kind); }

std::string all_names() {
  std::string names;
  for (const EventSpec& event : event_table()) {
    names.append(names.empty() ? "" : ", ").append(event.name);
  }
  return names;
}

unsigned kinds_of(const std::vector<std::string>& events) {
  const auto table = event_table();
  unsigned kinds = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const EventSpec& each) { return each.name == events[i]; });
    if (found == table.end()) {
      throw Error(ErrorCode::invalid_request, "args.events[" + std::to_string(i) + "]: '" +
                                                  events[i].substr(0, 64) + "' is not an event (" +
                                                  all_names() + ")");
    }
    kinds |= 1U << static_cast<unsigned>(found - table.begin());
  }
  return kinds;
}

}  // namespace

EventHub::EventHub(boost::asio::io_context& io, StoreQueue& store, MemoryBudget& memory,
                   std::chrono::nanoseconds lease)
    : io_(io),
      memory_(memory),
      deliveries_(io, store, memory, lease,
                  [this](const std::string& recipient) { unheard_(recipient); }) {}

void EventHub::subscribe(Session& session, const std::vector<std::string>& events,
                         const std::string& instance, bool confirms) {
  if (!session.can_subscribe()) {
    throw Error(ErrorCode::unsupported, "events need a line session or a WebSocket");
  }
  const unsigned kinds = kinds_of(events);
  if (confirms && (instance.empty() || (kinds & bit(EventKind::message)) == 0)) {
    throw Error(ErrorCode::invalid_request,
                "args.confirms: only for the event message of one instance");
  }
  forget(session);
  if (!session.is_open()) return;
  subscriptions_.emplace(&session, Subscription{&session, kinds, instance});
  if ((kinds & bit(EventKind::unread)) != 0) ++unread_subscriptions_;
  audience_[instance].push_back(&session);
  if (confirms) deliveries_.add(session, instance);
}

void EventHub::forget(const Session& session) {
  deliveries_.forget(session);
  const auto found = subscriptions_.find(&session);
  if (found == subscriptions_.end()) return;
  if ((found->second.kinds & bit(EventKind::unread)) != 0) --unread_subscriptions_;
  const auto listeners = audience_.find(found->second.instance);
  std::erase(listeners->second, &session);
  if (listeners->second.empty()) audience_.erase(listeners);
  subscriptions_.erase(found);
}

std::size_t EventHub::notify_audience(EventKind kind, const std::string& instance,
                                      const Text& text) {
  const auto found = audience_.find(instance);
  if (found == audience_.end()) return 0;
  std::size_t heard = 0;
  // A copy, since a session that is dropped for not reading leaves the list.
  const std::vector<Session*> listeners = found->second;
  for (Session* listener : listeners) {
    if (is_heard(*listener, kind, text)) ++heard;
  }
  return heard;
}

bool EventHub::is_heard(Session& listener, EventKind kind, const Text& text) {
  const auto subscription = subscriptions_.find(&listener);
  if (subscription == subscriptions_.end()) return false;
  if ((subscription->second.kinds & bit(kind)) == 0) return false;
  const SessionPtr keep_alive(&listener);
  const bool was_open = listener.is_open();
  listener.send_event(text.beginning, text.rest);
  if (!listener.is_open() && was_open) ++dropped_;
  return listener.is_open();
}

std::size_t EventHub::notify(EventKind kind, std::initializer_list<std::string_view> concerned,
                             const Text& text) {
  std::size_t heard = notify_audience(kind, {}, text);
  std::string_view earlier;
  for (const std::string_view instance : concerned) {
    if (instance != earlier) heard += notify_audience(kind, std::string(instance), text);
    earlier = instance;
  }
  return heard;
}

EventHub::Text EventHub::text_of(EventKind kind, const nlohmann::json& data) {
  std::string text;
  append_event(text, event_table()[static_cast<std::size_t>(kind)].name, to_text(data));
  return {{}, memory_.share(std::move(text))};
}

void EventHub::publish(const Message& message) {
  if (!broadcasts_.empty()) return publish(message, {message.id}, {message.to});
  if (!audience_.contains({}) && !audience_.contains(message.to)) return unheard_(message.to);
  tell_message(message, message_rest(memory_, message));
}

void EventHub::publish(const Message& message, const std::vector<std::uint64_t>& ids,
                       const std::vector<std::string>& recipients) {
  if (ids.empty()) return;
  if (subscriptions_.empty()) {
    for (const std::string& recipient : recipients) unheard_(recipient);
    return;
  }
  Broadcast broadcast;
  broadcast.rest = message_rest(memory_, message);
  broadcast.ids = ids;
  broadcast.recipients = recipients;
  broadcasts_.push_back(std::move(broadcast));
  if (broadcasts_.size() == 1) tell_broadcasts();
}

void EventHub::tell_broadcasts() {
  now_running("broadcast");
  const SteadyTime began = std::chrono::steady_clock::now();
  for (std::size_t told = 1; !broadcasts_.empty(); ++told) {
    tell_next();
    if (told % told_between_looks != 0) continue;
    if (std::chrono::steady_clock::now() - began > longest_telling) {
      return boost::asio::post(io_, [this] { tell_broadcasts(); });
    }
  }
}

void EventHub::tell_next() {
  Broadcast& broadcast = broadcasts_.front();
  if (broadcast.told < broadcast.ids.size()) {
    broadcast.message.id = broadcast.ids[broadcast.told];
    broadcast.message.to = broadcast.recipients[broadcast.told];
    ++broadcast.told;
    tell_message(broadcast.message, broadcast.rest);
  }
  if (broadcast.told == broadcast.ids.size()) broadcasts_.pop_front();
}

void EventHub::tell_message(const Message& message, const SharedText& rest) {
  const Text text{message_beginning(message), rest};
  notify_audience(EventKind::message, {}, text);
  if (!tell_recipient(message, text)) unheard_(message.to);
  if (unread_subscriptions_ > 0) tell_unread(message);
}

bool EventHub::tell_recipient(const Message& message, const Text& text) {
  const auto found = audience_.find(message.to);
  if (found == audience_.end()) return false;
  bool is_taken = false;
  const std::vector<Session*> listeners = found->second;  // they may leave meanwhile
  for (Session* listener : listeners) {
    if (deliveries_.is_taker(*listener)) {
      deliveries_.offer(*listener, message, text.rest);
      is_taken = true;
    } else {
      is_heard(*listener, EventKind::message, text);
    }
  }
  return is_taken;
}

void EventHub::tell_unread(const Message& message) {
  notify(EventKind::unread, {message.to},
         text_of(EventKind::unread, {{"id", message.id}, {"instance_id", message.to}}));
}

void EventHub::publish_status(const Message& message) {
  if (subscriptions_.empty()) return;
  notify(EventKind::message_status, {message.from, message.to},
         text_of(EventKind::message_status, {{"id", message.id},
                                             {"from", message.from},
                                             {"to", message.to},
                                             {"status", to_string(message.status)}}));
}

void EventHub::publish(const DeadLetter& letter) {
  if (subscriptions_.empty()) return;
  const Message& message = letter.message;
  notify(EventKind::message_status, {message.from, message.to},
         text_of(EventKind::message_status, {{"id", message.id},
                                             {"from", message.from},
                                             {"to", message.to},
                                             {"status", to_string(message.status)},
                                             {"reason", death_reason(letter)}}));
}

void EventHub::publish(const Handoff& handoff) {
  notify(EventKind::handoff, {handoff.from, handoff.to},
         text_of(EventKind::handoff, handoff_json(handoff)));
}

void EventHub::publish(const CheckpointResult& checkpoint) {
  notify(EventKind::checkpoint, {},
         text_of(EventKind::checkpoint, {{"duration_ms", to_milliseconds(checkpoint.duration)},
                                         {"frames", checkpoint.frames},
                                         {"backfilled", checkpoint.backfilled},
                                         {"complete", checkpoint.complete}}));
}

void EventHub::on_state(const Instance& instance) {
  notify(EventKind::instance, {instance.name},
         text_of(EventKind::instance, {{"instance_id", instance.name},
                                       {"role", instance.role},
                                       {"state", to_string(instance.state)}}));
}

void EventHub::on_gone(const Instance& instance, std::chrono::nanoseconds cleanup) {
  notify(EventKind::gone, {instance.name},
         text_of(EventKind::gone, {{"instance_id", instance.name},
                                   {"reason", instance.end_reason},
                                   {"cleanup_ms", to_milliseconds(cleanup)}}));
}

}  // namespace yardmaster
