// The part of Store that keeps messages.
#include <charconv>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/domain/names.h"
#include "coordinator/store/store.h"

namespace yardmaster {
namespace {

// Returns the request that a key stands for: the same key with another request is a mistake of the
// caller.
std::string message_request(std::string_view command, std::string_view to, std::string_view body) {
  return std::string(command).append("\n").append(to).append("\n").append(body);
}

Message message_of(const Row& row) {
  Message message;
  message.id = static_cast<std::uint64_t>(row.integer(0));
  message.from = row.text(1);
  message.to = row.text(2);
  message.body = row.text(3);
  message.status = static_cast<MessageStatus>(row.integer(4));
  message.sent_at = WallTime(std::chrono::microseconds(row.integer(5)));
  if (!row.is_null(6)) message.acked_at = WallTime(std::chrono::microseconds(row.integer(6)));
  return message;
}

// A broadcast's result as it is kept with its key: "7 alice 8 bob ".
std::string pack(const Store::BroadcastResult& result) {
  std::string text;
  for (std::size_t i = 0; i < result.ids.size(); ++i) {
    text += std::to_string(result.ids[i]) + " " + result.recipients[i] + " ";
  }
  return text;
}

std::string_view next_word(std::string_view& text) {
  const std::size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Store::BroadcastResult unpack(std::string_view text) {
  Store::BroadcastResult result;
  while (!text.empty()) {
    result.ids.push_back(to_number(next_word(text)));
    result.recipients.emplace_back(next_word(text));
  }
  return result;
}

}  // namespace

std::uint64_t Store::insert_message(std::string_view from, std::string_view to,
                                    std::string_view body) {
  database_.execute(Statement::insert_message, {++last_id_, from, to, body, now_us()});
  return static_cast<std::uint64_t>(last_id_);
}

std::uint64_t Store::send_message(std::string_view from, std::string_view to, std::string_view body,
                                  std::string_view key) {
  const std::string request = message_request("send_message", to, body);
  if (const FoundKey earlier = find_key(from, key, request)) return to_number(*earlier);
  require_living("from", from);
  require_living("to", to);
  const std::uint64_t id = insert_message(from, to, body);
  keep_key(from, key, request, std::to_string(id));
  return id;
}

Store::BroadcastResult Store::broadcast(std::string_view from, std::string_view to,
                                        std::string_view body, std::string_view key) {
  if (!to.starts_with('@')) {
    throw Error(ErrorCode::invalid_request,
                "to: '" + std::string(to.substr(0, 80)) + "' is no group: write @all or @<role>");
  }
  require_name("to", to.substr(1));
  const std::string request = message_request("broadcast", to, body);
  if (const FoundKey earlier = find_key(from, key, request)) return unpack(*earlier);
  require_living("from", from);
  BroadcastResult result;
  const auto add = [&](const Row& row) {
    if (row.text(0) != from) result.recipients.emplace_back(row.text(0));
  };
  if (to == "@all") {
    database_.query(Statement::instance_names, {}, add);
  } else {
    database_.query(Statement::instance_names_by_role, {to.substr(1)}, add);
  }
  for (const std::string& recipient : result.recipients) {
    result.ids.push_back(insert_message(from, recipient, body));
  }
  keep_key(from, key, request, pack(result));
  return result;
}

std::vector<Message> Store::list_messages(const MessageFilter& filter) {
  std::vector<Message> messages;
  const auto after = static_cast<std::int64_t>(filter.after);
  const auto limit = static_cast<std::int64_t>(filter.limit);
  const std::string_view recipient = filter.recipient;
  const auto add = [&](const Row& row) { messages.push_back(message_of(row)); };
  if (filter.status) {
    database_.query(Statement::messages_by_status,
                    {recipient, after, static_cast<std::int64_t>(*filter.status), limit}, add);
  } else {
    database_.query(Statement::open_messages, {recipient, after, limit}, add);
  }
  return messages;
}

Message Store::own_message(std::string_view recipient, std::uint64_t id) {
  std::optional<Message> message;
  database_.query(Statement::message_by_id, {static_cast<std::int64_t>(id)},
                  [&](const Row& row) { message = message_of(row); });
  if (!message || message->to != recipient) {
    throw Error(ErrorCode::not_found,
                "'" + std::string(recipient) + "' has no message " + std::to_string(id));
  }
  return std::move(*message);
}

Message Store::read_message(std::string_view recipient, std::uint64_t id) {
  Message message = own_message(recipient, id);
  if (message.status >= MessageStatus::read) return message;
  message.status = MessageStatus::read;
  database_.execute(
      Statement::raise_message_status,
      {static_cast<std::int64_t>(id), static_cast<std::int64_t>(MessageStatus::read), recipient});
  return message;
}

Message Store::ack_message(std::string_view recipient, std::uint64_t id) {
  Message message = own_message(recipient, id);
  if (message.status == MessageStatus::acked) return message;
  const std::int64_t now = now_us();
  message.status = MessageStatus::acked;
  message.acked_at = WallTime(std::chrono::microseconds(now));
  database_.execute(Statement::ack_message, {static_cast<std::int64_t>(id), now});
  return message;
}

void Store::mark_delivered(std::string_view recipient, const std::vector<std::uint64_t>& ids) {
  for (const std::uint64_t id : ids) {
    database_.execute(Statement::raise_message_status,
                      {static_cast<std::int64_t>(id),
                       static_cast<std::int64_t>(MessageStatus::delivered), recipient});
  }
}

}  // namespace yardmaster
