#include <algorithm>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/wire_values.h"
#include "coordinator/store/lists.h"

namespace yardmaster::handlers {
namespace {

using nlohmann::json;

constexpr std::uint64_t default_messages = 100;
constexpr std::uint64_t most_messages = 1000;

std::optional<MessageStatus> status_of(const Request& request) {
  if (!request.has("status")) return std::nullopt;
  const std::string text = request.text("status");
  const auto status = message_status_from(text);
  if (status) return status;
  throw Error(ErrorCode::invalid_request, "args.status: '" + text.substr(0, 64) +
                                              "' is not pending, delivered, read, acked or dead");
}

std::string messages_text(Reader& reader, const MessageFilter& filter) {
  const Page<Message> page = yardmaster::list_messages(reader.database(), filter);
  json list = json::array();
  for (const Message& message : page.items) list.push_back(message_json(message));
  json data{{"messages", std::move(list)},
            {"more", page.more},
            {"unread", find_unread(reader.database(), filter.recipient).count}};
  if (page.more) data["next_after"] = page.items.back().id;
  return to_text(data);
}

std::string dead_letters_text(Reader& reader, const DeadLetterFilter& filter) {
  const Page<DeadLetter> page = yardmaster::list_dead_letters(reader.database(), filter);
  json list = json::array();
  for (const DeadLetter& letter : page.items) list.push_back(dead_letter_json(letter));
  json data{{"letters", std::move(list)}, {"more", page.more}};
  if (page.more) data["next_after"] = page.items.back().message.id;
  return to_text(data);
}

std::optional<Rung> rung_of(const Request& request) {
  if (!request.has("rung")) return std::nullopt;
  const std::string text = request.text("rung");
  const auto rung = rung_from(text);
  if (rung) return rung;
  throw Error(ErrorCode::invalid_request,
              "args.rung: '" + text.substr(0, 64) + "' is not context, turn or wake");
}

bool is_newest_first(const Request& request) {
  const std::string order = request.text("order", "oldest");
  if (order == "oldest" || order == "newest") return order == "newest";
  throw Error(ErrorCode::invalid_request, "args.order: must be \"oldest\" or \"newest\"");
}

}  // namespace

Reply send_message(Services& services, const Request& request) {
  Message message;
  message.from = request.caller("from");
  message.to = request.text("to");
  message.body = request.text("body");
  message.sent_at = services.clock.wall_now();
  const std::string key = request.text("key");
  const auto send = [&](Store& store) {
    return store.send_message(message.from, message.to, message.body, key);
  };
  const Caller& caller = request.asked_by();
  const Store::SendResult sent = co_await services.store.run(Durability::power, send, caller);
  message.id = sent.id;
  if (!sent.repeated) services.events.publish(message);
  const json data{{"id", message.id}};
  co_return to_text(data);
}

Reply broadcast(Services& services, const Request& request) {
  Message message;
  message.from = request.caller("from");
  message.body = request.text("body");
  message.sent_at = services.clock.wall_now();
  const std::string to = request.text("to");
  const std::string key = request.text("key");
  const auto send = [&](Store& store) {
    return store.broadcast(message.from, to, message.body, key);
  };
  const Caller& caller = request.asked_by();
  const Store::BroadcastResult sent = co_await services.store.run(Durability::power, send, caller);
  if (!sent.repeated) services.events.publish(message, sent.ids, sent.recipients);
  const json data{{"ids", sent.ids}, {"recipients", sent.recipients}};
  co_return to_text(data);
}

Reply list_messages(Services& services, const Request& request) {
  MessageFilter filter;
  filter.recipient = request.caller("instance_id");
  filter.status = status_of(request);
  filter.after = request.number("after");
  filter.newest_first = is_newest_first(request);
  filter.limit = std::min(request.number("limit", default_messages), most_messages);
  filter.most_bytes = max_frame_bytes;
  const auto look = [&](Store& store) {
    store.require_known("instance_id", filter.recipient);
    return 0;
  };
  const auto list = [&](Reader& reader, int) { return messages_text(reader, filter); };
  co_return co_await services.store.run_and_read(Durability::process, look, list,
                                                 request.asked_by());
}

// Shows no message, so nothing counts as delivered.
Reply unread_messages(Services& services, const Request& request) {
  const std::string recipient = request.caller("instance_id");
  const std::optional<Rung> rung = rung_of(request);
  const auto look = [&](Store& store) {
    store.require_known("instance_id", recipient);
    return 0;
  };
  const auto find = [&](Reader& reader, int) { return find_unread(reader.database(), recipient); };
  const Unread unread =
      co_await services.store.run_and_read(Durability::process, look, find, request.asked_by());
  json data{{"instance_id", recipient}, {"unread", unread.count}, {"newest", unread.newest}};
  if (!rung) co_return to_text(data);
  const bool told = services.instances.lives(recipient) &&
                    services.tellings.tell(services.instances.find(recipient), *rung, unread.newest,
                                           request.flag("again"));
  data["tell"] = told;
  co_return to_text(data);
}

// Who was told at the end of a turn, or while it waited, goes on to work.
Reply confirm_delivery(Services& services, const Request& request) {
  const std::string recipient = request.caller("instance_id");
  const std::optional<Rung> rung = rung_of(request);
  const std::uint64_t newest = request.number("up_to");
  if (request.has("ids") == request.has("up_to")) {
    throw Error(ErrorCode::invalid_request, "args: either ids or up_to says what was taken");
  }
  std::vector<std::uint64_t> ids;
  if (newest == 0) ids = request.arguments().at("ids").get<std::vector<std::uint64_t>>();
  const auto confirm = [&](Store& store) {
    store.require_known("instance_id", recipient);
    return newest == 0 ? store.confirm_delivery(recipient, ids)
                       : store.confirm_delivery_up_to(recipient, newest);
  };
  json delivered = json::array();
  for (bool more = true; more;) {
    const std::vector<Message> raised =
        co_await services.store.run(Durability::process, confirm, request.asked_by());
    for (const Message& message : raised) {
      services.events.publish_status(message);
      if (newest == 0) delivered.push_back(message.id);
    }
    more = newest != 0 && raised.size() == Store::most_confirmed;
  }
  newest == 0 ? services.events.confirm(recipient, ids)
              : services.events.confirm_up_to(recipient, newest);
  if (rung && services.instances.lives(recipient)) {
    services.tellings.confirm(services.instances.find(recipient));
    if (*rung != Rung::context) {
      co_await services.instances.report(recipient, InstanceState::running);
    }
  }
  const json data{{"delivered", std::move(delivered)}};
  co_return to_text(data);
}

// On its own socket an instance sees what concerns itself.
Reply list_dead_letters(Services& services, const Request& request) {
  DeadLetterFilter filter;
  filter.instance = request.optional_caller("instance_id");
  filter.after = request.number("after");
  filter.limit = std::min(request.number("limit", default_messages), most_messages);
  filter.most_bytes = max_frame_bytes;
  const auto nothing = [](Store&) { return 0; };
  const auto list = [&](Reader& reader, int) { return dead_letters_text(reader, filter); };
  co_return co_await services.store.run_and_read(Durability::process, nothing, list,
                                                 request.asked_by());
}

Reply read_message(Services& services, const Request& request) {
  const std::string recipient = request.caller("instance_id");
  const std::uint64_t id = request.number("id");
  const auto read = [&](Store& store) { return store.read_message(recipient, id); };
  const Store::RaisedMessage raised =
      co_await services.store.run(Durability::power, read, request.asked_by());
  const std::vector<std::uint64_t> ids(1, id);
  services.events.confirm(recipient, ids);
  if (raised.raised) services.events.publish_status(raised.message);
  co_return to_text(message_json(raised.message));
}

Reply ack_message(Services& services, const Request& request) {
  const std::string recipient = request.caller("instance_id");
  const std::uint64_t id = request.number("id");
  const auto ack = [&](Store& store) { return store.ack_message(recipient, id); };
  const Store::RaisedMessage raised =
      co_await services.store.run(Durability::power, ack, request.asked_by());
  const std::vector<std::uint64_t> ids(1, id);
  services.events.confirm(recipient, ids);
  if (raised.raised) services.events.publish_status(raised.message);
  co_return to_text(message_json(raised.message));
}

}  // namespace yardmaster::handlers
