// The part of Store that moves contexts from one instance to another.
#include <charconv>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/store/context_heads.h"
#include "coordinator/store/lists.h"
#include "coordinator/store/pages.h"
#include "coordinator/store/store.h"

namespace yardmaster {
namespace {

// A freeze that is followed by neither an offer nor a thaw ends by itself.
constexpr auto longest_preparation = std::chrono::seconds(30);
// Of a handoff on the wire, without its summary.
constexpr std::size_t least_handoff_bytes = 256;
// At once, so that none of the store's other work waits for long.
constexpr std::int64_t most_expired = 64;

std::string handoff_request(std::string_view to, std::string_view context, std::string_view summary,
                            Giver giver) {
  std::string text(giver == Giver::ended ? "context_handoff from_dead\n" : "context_handoff\n");
  return text.append(to).append("\n").append(context).append("\n").append(summary);
}

// What insert_handoff() does not have from the context's head.
Handoff offer_of(std::string_view from, std::string_view to, std::string_view digest,
                 std::string_view summary) {
  Handoff offer;
  offer.from = from;
  offer.to = to;
  offer.digest = digest;
  offer.summary = summary;
  return offer;
}

Handoff handoff_of(const Row& row) {
  Handoff handoff;
  handoff.id = static_cast<std::uint64_t>(row.integer(0));
  handoff.from = row.text(1);
  handoff.to = row.text(2);
  handoff.context = row.text(3);
  handoff.generation = static_cast<std::uint64_t>(row.integer(4));
  handoff.digest = row.text(5);
  handoff.count = static_cast<std::uint64_t>(row.integer(6));
  handoff.summary = row.text(7);
  handoff.state = static_cast<HandoffState>(row.integer(8));
  handoff.offered_at = WallTime(std::chrono::microseconds(row.integer(9)));
  if (!row.is_null(10)) handoff.decided_at = WallTime(std::chrono::microseconds(row.integer(10)));
  return handoff;
}

}  // namespace

Store::HandoffStart Store::start_handoff(std::string_view from, std::string_view to,
                                         std::string_view context, std::string_view summary,
                                         std::string_view key, Giver giver) {
  HandoffStart start;
  if (const FoundKey earlier = find_key(from, key, handoff_request(to, context, summary, giver))) {
    std::uint64_t id = 0;
    std::from_chars(earlier->data(), earlier->data() + earlier->size(), id);
    start.earlier = find_handoff(id);
    return start;
  }
  if (giver == Giver::living) require_living("from", from);
  const Instance owner = giver == Giver::living ? find_instance(from) : find_ended(from);
  require_living("to", to);
  if (from == to) throw Error(ErrorCode::invalid_request, "to: a handoff goes to another instance");
  const std::string own = context.empty() ? owner.context : std::string(context);
  ContextHead& head = require_head(own);
  if (head.owner != from) {
    throw Error(ErrorCode::forbidden,
                "context '" + own + "' belongs to '" + head.owner + "', only it can hand it off");
  }
  if (is_frozen(head)) {
    throw Error(ErrorCode::conflict, "a handoff of context '" + own + "' is pending already");
  }
  heads_->remember(head);
  if (head.digest) {
    const Handoff offer = offer_of(from, to, head.digest->so_far(), summary);
    const std::string request = handoff_request(to, context, summary, giver);
    start.offered = insert_handoff(head, offer, key, request);
    needed_durability_ = Durability::power;
    return start;
  }
  head.frozen_until = clock_.now() + longest_preparation;
  start.snapshot = snapshot(own, 1, 0);
  return start;
}

void Store::thaw_context(std::string_view context) noexcept {
  if (ContextHead* head = heads_->find(context)) {
    heads_->remember(*head);
    head->frozen_until.reset();
  }
}

Handoff Store::offer_handoff(std::string_view from, std::string_view to, std::string_view context,
                             std::string_view summary, std::string_view key,
                             std::string_view digest, std::uint64_t count,
                             std::string_view asked_context, Giver giver) {
  if (giver == Giver::living) require_living("from", from);
  require_living("to", to);
  ContextHead& head = require_head(context);
  if (head.frozen || !head.frozen_until || head.owner != from || head.last_seq != count) {
    throw Error(ErrorCode::conflict, "context '" + head.name + "' changed under the handoff");
  }
  const Handoff offer = offer_of(from, to, digest, summary);
  const std::string request = handoff_request(to, asked_context, summary, giver);
  return insert_handoff(head, offer, key, request);
}

// Offers the whole context; of `offer` counts what the head does not say. The key stands for the
// request.
Handoff Store::insert_handoff(ContextHead& head, const Handoff& offer, std::string_view key,
                              std::string_view request) {
  const std::string_view from = offer.from;
  const std::string_view to = offer.to;
  const std::string_view summary = offer.summary;
  database_.execute(Statement::insert_handoff,
                    {++last_id_, from, to, std::string_view(head.name),
                     static_cast<std::int64_t>(head.generation), std::string_view(offer.digest),
                     static_cast<std::int64_t>(head.last_seq), summary, now_us()});
  heads_->remember(head);
  head.frozen = true;
  head.frozen_until.reset();
  const auto id = static_cast<std::uint64_t>(last_id_);
  keep_key(from, key, request, std::to_string(id));
  return find_handoff(id);
}

Handoff Store::find_handoff(std::uint64_t id) {
  std::optional<Handoff> found;
  database_.query(Statement::handoff_by_id, {static_cast<std::int64_t>(id)},
                  [&](const Row& row) { found = handoff_of(row); });
  if (!found) throw Error(ErrorCode::not_found, "there is no handoff " + std::to_string(id));
  return std::move(*found);
}

void Store::decide(Handoff& handoff, HandoffState state) {
  ContextHead& head = require_head(handoff.context);
  heads_->remember(head);
  head.frozen = false;
  if (state == HandoffState::accepted) {
    head.owner = handoff.to;
    ++head.generation;
    store_head(head);
  }
  const std::int64_t now = now_us();
  handoff.state = state;
  handoff.generation = head.generation;
  handoff.decided_at = WallTime(std::chrono::microseconds(now));
  database_.execute(Statement::decide_handoff,
                    {static_cast<std::int64_t>(handoff.id), static_cast<std::int64_t>(state),
                     static_cast<std::int64_t>(head.generation), now});
}

Handoff Store::accept_handoff(std::uint64_t id, std::string_view caller, std::string_view digest,
                              std::uint64_t count) {
  Handoff handoff = find_handoff(id);
  if (!caller.empty() && caller != handoff.to) {
    throw Error(ErrorCode::forbidden, "handoff " + std::to_string(id) + " is offered to '" +
                                          handoff.to + "', only it can accept");
  }
  if (handoff.state == HandoffState::cancelled || handoff.state == HandoffState::expired) {
    const char* const how =
        handoff.state == HandoffState::expired ? " has expired" : " was cancelled";
    throw Error(ErrorCode::conflict, "handoff " + std::to_string(id) + how);
  }
  if (digest != handoff.digest || count != handoff.count) {
    throw Error(ErrorCode::digest_mismatch,
                "handoff " + std::to_string(id) + " offers " + std::to_string(handoff.count) +
                    " entries with digest " + handoff.digest + ": read the context again");
  }
  if (handoff.state == HandoffState::accepted) return handoff;
  decide(handoff, HandoffState::accepted);
  if (lives(handoff.from) && find_instance(handoff.from).context == handoff.context) {
    const ContextHead& fresh = create_fresh_context(handoff.from, handoff.generation, handoff.from);
    database_.execute(Statement::set_instance_context,
                      {std::string_view(handoff.from), std::string_view(fresh.name)});
  }
  return handoff;
}

Handoff Store::cancel_handoff(std::uint64_t id, std::string_view caller) {
  Handoff handoff = find_handoff(id);
  if (!caller.empty() && caller != handoff.from && caller != handoff.to) {
    throw Error(ErrorCode::forbidden, "handoff " + std::to_string(id) + " is between '" +
                                          handoff.from + "' and '" + handoff.to + "'");
  }
  if (handoff.state == HandoffState::accepted) {
    throw Error(ErrorCode::conflict, "handoff " + std::to_string(id) + " was accepted");
  }
  if (handoff.state == HandoffState::pending) decide(handoff, HandoffState::cancelled);
  return handoff;
}

void Store::cancel_pending_handoffs(std::string_view instance) {
  std::vector<Handoff> pending;
  database_.query(Statement::pending_handoffs, {}, [&](const Row& row) {
    if (row.text(1) == instance || row.text(2) == instance) pending.push_back(handoff_of(row));
  });
  for (Handoff& handoff : pending) decide(handoff, HandoffState::cancelled);
}

bool Store::is_offered(std::string_view context, std::string_view receiver) {
  bool found = false;
  database_.query(Statement::offer_of_context, {receiver, context},
                  [&](const Row&) { found = true; });
  return found;
}

std::vector<Handoff> Store::expire_handoffs(WallTime offered_before) {
  std::vector<Handoff> overdue;
  const std::int64_t before = offered_before.time_since_epoch().count();
  database_.query(Statement::overdue_handoffs, {before, most_expired},
                  [&](const Row& row) { overdue.push_back(handoff_of(row)); });
  for (Handoff& handoff : overdue) decide(handoff, HandoffState::expired);
  return overdue;
}

Page<Handoff> list_handoffs(Database& database, const HandoffFilter& filter) {
  Page<Handoff> page;
  PageMeter meter(filter.limit, filter.most_bytes);
  auto after = static_cast<std::int64_t>(filter.after);
  const auto first = static_cast<std::int64_t>(filter.state.value_or(HandoffState::pending));
  const auto last = static_cast<std::int64_t>(filter.state.value_or(HandoffState::expired));
  const auto ask = [&](std::size_t rows) {
    std::size_t seen = 0;
    const auto add = [&](const Row& row) {
      meter.take(row.text(7).size() + least_handoff_bytes);
      page.items.push_back(handoff_of(row));
      after = row.integer(0);
      ++seen;
    };
    const auto limit = static_cast<std::int64_t>(rows);
    if (filter.instance.empty()) {
      database.query(Statement::all_handoffs, {after, first, last, limit}, add);
    } else {
      const std::string_view instance = filter.instance;
      database.query(Statement::handoffs_of, {instance, after, first, last, limit}, add);
    }
    return seen;
  };
  fill_page(meter, ask);
  page.more = meter.is_full();
  return page;
}

std::vector<Handoff> Store::list_handoffs(const HandoffFilter& filter) {
  return yardmaster::list_handoffs(database_, filter).items;
}

}  // namespace yardmaster
