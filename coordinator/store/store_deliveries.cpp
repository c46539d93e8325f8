// The part of Store that keeps what becomes of messages: who took them, whose they are in which
// life of a name, and which are dead.
#include <algorithm>
#include <limits>
#include <utility>

#include "coordinator/domain/names.h"
#include "coordinator/store/lists.h"
#include "coordinator/store/message_rows.h"
#include "coordinator/store/pages.h"
#include "coordinator/store/store.h"

namespace yardmaster {
namespace {

// Of one step of a walk over the inboxes.
constexpr std::size_t most_inboxes = 32;
constexpr std::size_t most_buried = 256;
constexpr std::int64_t heads_at_once = 256;

WallTime time_of(std::int64_t microseconds) {
  return WallTime(std::chrono::microseconds(microseconds));
}

std::int64_t number_of(MessageStatus status) { return static_cast<std::int64_t>(status); }

// The next ones with a status after an id, without their bodies.
std::vector<Message> message_heads(Database& database, std::string_view recipient,
                                   MessageStatus status, std::uint64_t after,
                                   std::int64_t limit = heads_at_once) {
  std::vector<Message> heads;
  database.query(Statement::message_heads,
                 {recipient, number_of(status), static_cast<std::int64_t>(after), limit},
                 [&](const Row& row) { heads.push_back(message_head_of(row)); });
  return heads;
}

}  // namespace

Message message_of(const Row& row) {
  Message message;
  message.id = static_cast<std::uint64_t>(row.integer(0));
  message.from = row.text(1);
  message.to = row.text(2);
  message.body = row.text(3);
  message.status = static_cast<MessageStatus>(row.integer(4));
  message.sent_at = time_of(row.integer(5));
  if (!row.is_null(6)) message.acked_at = time_of(row.integer(6));
  return message;
}

Message message_head_of(const Row& row) {
  Message message;
  message.id = static_cast<std::uint64_t>(row.integer(0));
  message.from = row.text(1);
  message.to = row.text(2);
  message.status = static_cast<MessageStatus>(row.integer(3));
  message.sent_at = time_of(row.integer(4));
  return message;
}

std::int64_t inbox_start(Database& database, std::string_view name) {
  std::int64_t start = 0;
  database.query(Statement::inbox_start, {name}, [&](const Row& row) { start = row.integer(0); });
  return start;
}

// A persistent instance that is started again goes on with its inbox; whoever else takes its name
// does not.
void Store::begin_inbox(const InstanceRequest& request, std::uint64_t first_id) {
  bool goes_on = false;
  const std::string_view name = request.name;
  if (request.wanted) {
    database_.query(Statement::wanted_of_role,
                    {name, std::string_view(request.role), std::string_view(request.repo)},
                    [&](const Row&) { goes_on = true; });
  }
  if (goes_on) return;
  database_.execute(Statement::begin_inbox, {name, static_cast<std::int64_t>(first_id)});
}

std::vector<Message> Store::confirm_delivery(std::string_view recipient,
                                             const std::vector<std::uint64_t>& ids) {
  std::vector<Message> raised;
  const std::int64_t start = inbox_start(database_, recipient);
  for (const std::uint64_t each : ids) {
    const auto id = static_cast<std::int64_t>(each);
    std::optional<Message> message;
    database_.query(Statement::message_head, {id},
                    [&](const Row& row) { message = message_head_of(row); });
    const bool is_its = message && message->to == recipient && id > start;
    if (!is_its || message->status != MessageStatus::pending) continue;
    raised.push_back(deliver(std::move(*message)));
  }
  return raised;
}

Message Store::deliver(Message pending) {
  pending.status = MessageStatus::delivered;
  database_.execute(Statement::raise_message_status,
                    {static_cast<std::int64_t>(pending.id), number_of(pending.status),
                     std::string_view(pending.to)});
  return pending;
}

std::vector<Message> Store::confirm_delivery_up_to(std::string_view recipient,
                                                   std::uint64_t newest) {
  std::vector<Message> raised;
  const auto start = static_cast<std::uint64_t>(inbox_start(database_, recipient));
  for (Message& head : message_heads(database_, recipient, MessageStatus::pending, start,
                                     static_cast<std::int64_t>(most_confirmed))) {
    if (head.id <= newest) raised.push_back(deliver(std::move(head)));
  }
  return raised;
}

void Store::bury(const Message& message, DeathCause cause, Burial& burial) {
  DeadLetter letter;
  letter.message = message;
  letter.message.status = MessageStatus::dead;
  letter.cause = cause;
  const std::int64_t now = now_us();
  letter.died_at = time_of(now);
  const auto id = static_cast<std::int64_t>(message.id);
  database_.execute(Statement::bury_message, {id});
  database_.execute(Statement::insert_dead_letter, {id, now, static_cast<std::int64_t>(cause)});
  burial.letters.push_back(std::move(letter));
}

void Store::bury(std::string_view recipient, WallTime sent_before, Burial& burial) {
  const bool has_ended = !lives(recipient) && !is_wanted(recipient);
  const std::int64_t start =
      has_ended ? std::numeric_limits<std::int64_t>::max() : inbox_start(database_, recipient);
  const auto cause_of = [&](const Message& head) -> std::optional<DeathCause> {
    if (std::cmp_less_equal(head.id, start)) return DeathCause::recipient_ended;
    const bool is_overdue = head.status == MessageStatus::pending && head.sent_at < sent_before;
    return is_overdue ? std::optional(DeathCause::not_taken) : std::nullopt;
  };
  for (const auto status : {MessageStatus::delivered, MessageStatus::pending}) {
    // Of most inboxes nothing is due, as the first shows.
    const std::vector<Message> first = message_heads(database_, recipient, status, 0, 1);
    if (first.empty() || !cause_of(first.front())) continue;
    for (const Message& head : message_heads(database_, recipient, status, 0)) {
      const std::optional<DeathCause> cause = cause_of(head);
      if (burial.letters.size() == most_buried) return;
      if (!cause) break;
      bury(head, *cause, burial);
    }
  }
}

Store::Burial Store::bury_undeliverable(std::string_view after, WallTime sent_before) {
  Burial burial;
  std::string done(after);
  for (std::size_t inboxes = 0; inboxes < most_inboxes; ++inboxes) {
    std::optional<std::string> recipient;
    database_.query(Statement::next_open_recipient, {std::string_view(done)},
                    [&](const Row& row) { recipient = row.text(0); });
    if (!recipient) return burial;
    if (*recipient != person_name) bury(*recipient, sent_before, burial);
    // An inbox that was not done is looked at again.
    if (burial.letters.size() == most_buried) break;
    done = std::move(*recipient);
  }
  burial.next = std::move(done);
  return burial;
}

Page<DeadLetter> list_dead_letters(Database& database, const DeadLetterFilter& filter) {
  Page<DeadLetter> page;
  PageMeter meter(filter.limit, filter.most_bytes);
  auto after = static_cast<std::int64_t>(filter.after);
  const std::string_view instance = filter.instance;
  const auto ask = [&](std::size_t rows) {
    std::size_t seen = 0;
    const auto add = [&](const Row& row) {
      meter.take(row.text(3).size() + least_message_bytes);
      DeadLetter letter;
      letter.message = message_of(row);
      letter.died_at = time_of(row.integer(after_message));
      letter.cause = static_cast<DeathCause>(row.integer(after_message + 1));
      after = row.integer(0);
      page.items.push_back(std::move(letter));
      ++seen;
    };
    const auto limit = static_cast<std::int64_t>(rows);
    if (instance.empty()) {
      database.query(Statement::dead_letters, {after, limit}, add);
    } else {
      database.query(Statement::dead_letters_of, {after, instance, limit}, add);
    }
    return seen;
  };
  fill_page(meter, ask);
  page.more = meter.is_full();
  return page;
}

}  // namespace yardmaster
