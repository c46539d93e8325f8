// The part of Store that keeps messages.
#include <algorithm>
#include <charconv>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/domain/names.h"
#include "coordinator/store/lists.h"
#include "coordinator/store/message_rows.h"
#include "coordinator/store/pages.h"
#include "coordinator/store/store.h"

namespace yardmaster {
namespace {

// Returns the request that a key stands for: the same key with another request is a mistake of the
// caller.
std::string message_request(std::string_view command, std::string_view to, std::string_view body) {
  return std::string(command).append("\n").append(to).append("\n").append(body);
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

void Store::require_sender(std::string_view field, std::string_view name) {
  if (name != person_name) require_living(field, name);
}

// A wanted one that does not live finds its messages when it is started again.
void Store::require_recipient(std::string_view field, std::string_view name) {
  require_name(field, name);
  if (!is_wanted(name)) require_sender(field, name);
}

// Each had a context of its name.
void Store::require_known(std::string_view field, std::string_view instance) {
  require_name(field, instance);
  if (instance == person_name || find_head(instance) != nullptr || is_wanted(instance) ||
      lives(instance)) {
    return;
  }
  throw Error(ErrorCode::not_found,
              "there is no instance '" + std::string(instance) + "', and there never was");
}

std::uint64_t Store::insert_message(std::string_view from, std::string_view to,
                                    std::string_view body, std::uint64_t body_of) {
  Parameter whole;
  if (body_of != 0) whole = static_cast<std::int64_t>(body_of);
  database_.execute(Statement::insert_message, {++last_id_, from, to, body, now_us(), whole});
  return static_cast<std::uint64_t>(last_id_);
}

Store::SendResult Store::send_message(std::string_view from, std::string_view to,
                                      std::string_view body, std::string_view key) {
  const std::string request = message_request("send_message", to, body);
  if (const FoundKey earlier = find_key(from, key, request)) return {to_number(*earlier), true};
  require_sender("from", from);
  require_recipient("to", to);
  const std::uint64_t id = insert_message(from, to, body);
  keep_key(from, key, request, std::to_string(id));
  return {id, false};
}

std::vector<std::string> Store::members_of(const Recipients& group, std::string_view sender,
                                           const std::string& senders_repo) {
  if (group.repo) static_cast<void>(find_repository(*group.repo));
  const std::string repo = group.repo.value_or(group.whole_yard ? "" : senders_repo);
  std::vector<std::string> members;
  const auto add = [&](const Row& row) {
    const bool belongs = repo.empty() || row.text(1) == repo;
    if (belongs && row.text(0) != sender) members.emplace_back(row.text(0));
  };
  if (group.role.empty()) {
    database_.query(Statement::instance_names, {}, add);
  } else {
    database_.query(Statement::instance_names_by_role, {std::string_view(group.role)}, add);
  }
  return members;
}

// The body is stored with the first message, however many share it.
Store::BroadcastResult Store::broadcast(std::string_view from, std::string_view to,
                                        std::string_view body, std::string_view key) {
  const std::optional<Recipients> group = recipients_from(to);
  if (!group) {
    throw Error(ErrorCode::invalid_request,
                "to: '" + std::string(to.substr(0, 160)) +
                    "' is no group: write @all, @ROLE, @all@REPO, @ROLE@REPO, @@all or @@ROLE");
  }
  const std::string request = message_request("broadcast", to, body);
  if (const FoundKey earlier = find_key(from, key, request)) {
    BroadcastResult result = unpack(*earlier);
    result.repeated = true;
    return result;
  }
  require_sender("from", from);
  BroadcastResult result;
  result.recipients = members_of(*group, from, from == person_name ? "" : find_instance(from).repo);
  for (const std::string& recipient : result.recipients) {
    const bool first = result.ids.empty();
    result.ids.push_back(insert_message(from, recipient, first ? body : std::string_view(),
                                        first ? 0 : result.ids.front()));
  }
  keep_key(from, key, request, pack(result));
  return result;
}

std::vector<Message> Store::tell_supervisors(const InstanceDescription& instance,
                                             std::string_view body) {
  std::vector<Message> messages;
  if (instance.repo.empty()) return messages;
  std::vector<std::string> supervisors;
  database_.query(Statement::supervisors_of_repo, {std::string_view(instance.repo)},
                  [&](const Row& row) { supervisors.emplace_back(row.text(0)); });
  for (std::string& supervisor : supervisors) {
    if (supervisor == instance.name) continue;
    Message& message = messages.emplace_back();
    message.id = insert_message(instance.name, supervisor, body);
    message.from = instance.name;
    message.to = std::move(supervisor);
    message.body = body;
    message.sent_at = clock_.wall_now();
  }
  return messages;
}

Page<Message> list_messages(Database& database, const MessageFilter& filter) {
  Page<Message> page;
  PageMeter meter(filter.limit, filter.most_bytes);
  const std::string_view recipient = filter.recipient;
  const std::int64_t start = inbox_start(database, recipient);
  auto last = static_cast<std::int64_t>(filter.after);
  if (!filter.newest_first) last = std::max(last, start);
  if (filter.newest_first && last == 0) last = std::numeric_limits<std::int64_t>::max();
  const auto ask = [&](std::size_t rows) {
    std::size_t seen = 0;
    const auto add = [&](const Row& row) {
      meter.take(row.text(3).size() + least_message_bytes);
      page.items.push_back(message_of(row));
      last = row.integer(0);
      ++seen;
    };
    const auto limit = static_cast<std::int64_t>(rows);
    if (!filter.status && filter.newest_first) {
      database.query(Statement::newest_open_messages, {recipient, last, start, limit}, add);
    } else if (!filter.status) {
      database.query(Statement::open_messages, {recipient, last, limit}, add);
    } else if (const auto status = static_cast<std::int64_t>(*filter.status); filter.newest_first) {
      database.query(Statement::newest_messages_by_status, {recipient, last, start, status, limit},
                     add);
    } else {
      database.query(Statement::messages_by_status, {recipient, last, status, limit}, add);
    }
    return seen;
  };
  fill_page(meter, ask);
  page.more = meter.is_full();
  return page;
}

Unread find_unread(Database& database, std::string_view recipient) {
  Unread unread;
  const std::int64_t start = inbox_start(database, recipient);
  database.query(Statement::find_unread, {recipient, start}, [&](const Row& row) {
    unread.count = static_cast<std::uint64_t>(row.integer(0));
    unread.newest = static_cast<std::uint64_t>(std::max(row.integer(1), row.integer(2)));
  });
  return unread;
}

std::vector<Message> Store::list_messages(const MessageFilter& filter) {
  return yardmaster::list_messages(database_, filter).items;
}

Message Store::own_message(std::string_view recipient, std::uint64_t id) {
  std::optional<Message> message;
  database_.query(Statement::message_by_id, {static_cast<std::int64_t>(id)},
                  [&](const Row& row) { message = message_of(row); });
  const bool is_its = message && message->to == recipient &&
                      static_cast<std::int64_t>(id) > inbox_start(database_, recipient);
  if (!is_its) {
    throw Error(ErrorCode::not_found,
                "'" + std::string(recipient) + "' has no message " + std::to_string(id));
  }
  return std::move(*message);
}

Store::RaisedMessage Store::read_message(std::string_view recipient, std::uint64_t id) {
  Message message = own_message(recipient, id);
  if (message.status >= MessageStatus::read) return {message, false};
  message.status = MessageStatus::read;
  database_.execute(
      Statement::raise_message_status,
      {static_cast<std::int64_t>(id), static_cast<std::int64_t>(MessageStatus::read), recipient});
  return {message, true};
}

Store::RaisedMessage Store::ack_message(std::string_view recipient, std::uint64_t id) {
  Message message = own_message(recipient, id);
  if (message.status == MessageStatus::acked) return {message, false};
  if (message.status == MessageStatus::dead) {
    throw Error(ErrorCode::conflict,
                "message " + std::to_string(id) +
                    " is dead: nobody took it in time, as `inbox --dead` says");
  }
  const std::int64_t now = now_us();
  message.status = MessageStatus::acked;
  message.acked_at = WallTime(std::chrono::microseconds(now));
  database_.execute(Statement::ack_message, {static_cast<std::int64_t>(id), now});
  return {message, true};
}

}  // namespace yardmaster
