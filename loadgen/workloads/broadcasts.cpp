#include "loadgen/workloads/broadcasts.h"

#include <algorithm>
#include <charconv>

namespace yardmaster::loadgen {
namespace {

constexpr int most_missed = 1000;
constexpr std::string_view filler =
    " a message of the length that people write to each other when one of them has finished "
    "something and the others have to know about it before they go on";

std::uint64_t broadcast_number(const std::string& body) {
  std::uint64_t number = 0;
  std::from_chars(body.data(), body.data() + body.size(), number);
  return number;
}

}  // namespace

Broadcasts::Broadcasts(RunContext& context, MeasurementLog& log)
    : context_(context),
      log_(log),
      role_(context.prefix + "-listener"),
      sender_name_(context.name("sender", 0)),
      pacer_(
          context.loop, context.rate_of("broadcast", context.plan.broadcasts.per_second),
          [this](Offset intended) { send(intended); },
          [&log](Offset intended, auto lag) { log.note_lag(intended, lag); }) {
  const auto count = std::min(context.plan.broadcasts.listeners, context.plan.instances);
  for (std::uint64_t i = 0; i < count; ++i) add_listener(i);
  const auto sender = context_.allocate(sender_name_, context_.prefix + "-sender");
  sender_ = std::make_unique<ReconnectingSession>(context_.loop, context_.socket_of(sender));
}

void Broadcasts::add_listener(std::uint64_t number) {
  auto listener = std::make_unique<Listener>();
  listener->name = context_.name("listener", number);
  const auto allocation = context_.allocate(listener->name, role_);
  listener->session =
      std::make_unique<ReconnectingSession>(context_.loop, context_.socket_of(allocation));
  auto* const target = listener.get();
  listener->session->subscribe({{"events", {"message"}}, {"instance_id", listener->name}},
                               [this, target](std::string_view event, const nlohmann::json& data) {
                                 if (event == "message" && data.value("to", "") == target->name)
                                   on_message(*target, data);
                               });
  listener->session->on_reconnected([this, target] { fetch_missed(*target); });
  listeners_.push_back(std::move(listener));
}

void Broadcasts::start(SteadyTime start) {
  start_ = start;
  pacer_.start(start);
}

bool Broadcasts::idle() const {
  return open_.empty() &&
         std::all_of(listeners_.begin(), listeners_.end(),
                     [](const auto& listener) { return listener->acks_open == 0; });
}

void Broadcasts::send(Offset intended) {
  const std::uint64_t number = next_++;
  const auto sample = log_.begin(intended);
  log_.send(sample);
  open_[number] = {.intended = intended,
                   .sent_at = now(),
                   .sample = sample,
                   .missing = listeners_.size(),
                   .replied = false};
  const std::string text = std::to_string(number);
  const nlohmann::json message{{"from", sender_name_},
                               {"to", "@" + role_},
                               {"body", text + std::string(filler)},
                               {"key", "broadcast-" + text}};
  sender_->request_until_answered(
      "broadcast", message, [this, number](const AsyncReply& reply) { on_sent(number, reply); });
}

void Broadcasts::on_sent(std::uint64_t number, const AsyncReply& reply) {
  const auto found = open_.find(number);
  if (found == open_.end()) return;
  if (!reply.success) {
    ++errors_["broadcast_" + reply.code];
    open_.erase(found);
    return;
  }
  for (const auto& id : reply.data.at("ids")) acknowledged_.push_back(id.get<std::uint64_t>());
  found->second.replied = true;
  close_if_complete(number);
}

void Broadcasts::on_message(Listener& listener, const nlohmann::json& message) {
  const auto id = message.value("id", std::uint64_t{0});
  if (id == listener.last_id) ++listener.duplicated;
  if (id < listener.last_id) ++listener.out_of_order;
  listener.last_id = std::max(listener.last_id, id);
  handle_message(listener, message);
}

void Broadcasts::handle_message(Listener& listener, const nlohmann::json& message) {
  const auto id = message.value("id", std::uint64_t{0});
  acknowledge(listener, id);
  if (std::find(listener.received.rbegin(), listener.received.rend(), id) !=
      listener.received.rend()) {
    return;
  }
  listener.received.push_back(id);
  const auto number = broadcast_number(message.value("body", ""));
  const auto found = open_.find(number);
  if (found == open_.end() || found->second.missing == 0) return;
  if (--found->second.missing == 0) {
    const Offset time = now();
    log_.finish(found->second.sample, time - found->second.intended, time - found->second.sent_at);
  }
  close_if_complete(number);
}

// The list holds messages that were sent while there was no connection, and those that were
// delivered but not acked: both may come again, in any mixture with new ones.
void Broadcasts::fetch_missed(Listener& listener) {
  listener.last_id = 0;
  listener.session->request_until_answered("list_messages",
                                           {{"instance_id", listener.name}, {"limit", most_missed}},
                                           [this, &listener](const AsyncReply& reply) {
                                             if (!reply.success || !reply.data.contains("messages"))
                                               return;
                                             for (const auto& message : reply.data.at("messages"))
                                               handle_message(listener, message);
                                           });
}

void Broadcasts::acknowledge(Listener& listener, std::uint64_t id) {
  ++listener.acks_open;
  listener.session->request_until_answered("ack_message",
                                           {{"instance_id", listener.name}, {"id", id}},
                                           [this, &listener, id](const AsyncReply& reply) {
                                             --listener.acks_open;
                                             if (reply.success) {
                                               listener.acked.push_back(id);
                                             } else {
                                               ++errors_["ack_" + reply.code];
                                             }
                                           });
}

void Broadcasts::close_if_complete(std::uint64_t number) {
  const auto found = open_.find(number);
  if (found != open_.end() && found->second.replied && found->second.missing == 0) {
    open_.erase(found);
  }
}

void Broadcasts::count_errors(ErrorCounts& errors) const {
  for (const auto& [code, count] : errors_) errors[code] += count;
  if (!open_.empty()) errors["broadcast_incomplete"] += open_.size();
}

}  // namespace yardmaster::loadgen
