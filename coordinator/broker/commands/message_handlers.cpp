#include <algorithm>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/wire_values.h"

namespace yardmaster::handlers {
namespace {

using nlohmann::json;

constexpr std::uint64_t default_messages = 100;
// A message takes at least this many bytes on the wire besides its body.
constexpr std::size_t least_message_bytes = 128;

std::optional<MessageStatus> status_of(const Request& request) {
  if (!request.has("status")) return std::nullopt;
  const std::string text = request.text("status");
  const auto status = message_status_from(text);
  if (status) return status;
  throw Error(ErrorCode::invalid_request,
              "args.status: '" + text.substr(0, 64) + "' is not pending, delivered, read or acked");
}

std::string messages_text(const std::vector<Message>& messages) {
  json list = json::array();
  for (const Message& message : messages) list.push_back(message_json(message));
  const json data{{"messages", std::move(list)}};
  return to_text(data);
}

// Keeps as many messages as make up about a frame, and one at least: a client that wants more asks
// again after the last one.
void keep_a_frame(std::vector<Message>& messages) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (; count < messages.size(); ++count) {
    bytes += least_message_bytes + messages[count].body.size();
    if (count > 0 && bytes > max_frame_bytes) break;
  }
  messages.resize(count);
}

// Messages that the recipient was shown count as delivered; the answer says so already.
std::vector<Message> list_for(Store& store, const MessageFilter& filter) {
  std::vector<Message> messages = store.list_messages(filter);
  keep_a_frame(messages);
  std::vector<std::uint64_t> pending;
  for (Message& message : messages) {
    if (message.status != MessageStatus::pending) continue;
    pending.push_back(message.id);
    message.status = MessageStatus::delivered;
  }
  if (!pending.empty()) store.mark_delivered(filter.recipient, pending);
  return messages;
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
  message.id = co_await services.store.run(Durability::power, send);
  services.events.publish(message);
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
  const Store::BroadcastResult sent = co_await services.store.run(Durability::power, send);
  services.events.publish(message, sent.ids, sent.recipients);
  const json data{{"ids", sent.ids}, {"recipients", sent.recipients}};
  co_return to_text(data);
}

Reply list_messages(Services& services, const Request& request) {
  MessageFilter filter;
  filter.recipient = request.caller("instance_id");
  filter.status = status_of(request);
  filter.after = request.number("after");
  constexpr std::uint64_t most = max_frame_bytes / least_message_bytes;
  filter.limit = std::min(request.number("limit", default_messages), most);
  const auto list = [&](Store& store) { return list_for(store, filter); };
  const auto format = [](Reader&, std::vector<Message>& listed) {
    const std::vector<Message> messages = std::move(listed);
    return messages_text(messages);
  };
  co_return co_await services.store.run_and_read(Durability::process, list, format);
}

Reply read_message(Services& services, const Request& request) {
  const std::string recipient = request.caller("instance_id");
  const std::uint64_t id = request.number("id");
  const auto read = [&](Store& store) { return store.read_message(recipient, id); };
  const Message message = co_await services.store.run(Durability::power, read);
  co_return to_text(message_json(message));
}

Reply ack_message(Services& services, const Request& request) {
  const std::string recipient = request.caller("instance_id");
  const std::uint64_t id = request.number("id");
  const auto ack = [&](Store& store) { return store.ack_message(recipient, id); };
  const Message message = co_await services.store.run(Durability::power, ack);
  co_return to_text(message_json(message));
}

}  // namespace yardmaster::handlers
