#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/wire_values.h"
#include "coordinator/store/context_walk.h"
#include "coordinator/store/lists.h"

namespace yardmaster::handlers {
namespace {

using nlohmann::json;
namespace asio = boost::asio;

constexpr auto thaw_retry_interval = std::chrono::seconds(1);
constexpr std::uint64_t default_handoffs = 100;
constexpr std::uint64_t most_handoffs = 1000;

struct HandoffRequest {
  std::string from;
  std::string to;
  std::string context;  // empty: the giver's own
  std::string summary;
  std::string key;
  Giver giver = Giver::living;
  std::optional<std::string> only_repo = {};  // whose ended instances' contexts may be had
  Caller by;
};

// A frozen context and its digest.
struct Frozen {
  std::string context;
  std::string digest;
  std::uint64_t count = 0;
};

// Reads what was frozen before: the reader sees only what was committed.
asio::awaitable<void> digest_frozen(StoreQueue& queue, const Caller& by,
                                    const ContextSnapshot& snapshot, Frozen& frozen) {
  ContextWalk walk(snapshot);
  ContextDigest digest;
  const auto add = [&](std::uint64_t seq, std::string_view kind, std::string_view data, WallTime) {
    digest.add(seq, kind, data);
  };
  const auto nothing = [](Store&) { return 0; };
  const auto read = [&](Reader& reader, int) {
    std::optional<bool> done;
    walk.go_on(reader.database(), bytes_per_turn, add);
    if (walk.is_over()) done = true;
    return done;
  };
  co_await queue.run_and_read(Durability::process, nothing, read, by);
  frozen.count = digest.count();
  frozen.digest = digest.finish();
}

// A supervisor hands over what those of its own repository left.
Store::HandoffStart start_in(Store& store, const HandoffRequest& asked) {
  if (asked.only_repo) {
    const std::vector<Instance> ended = store.list_tombstones(1, asked.from);
    if (!ended.empty() && ended.front().repo != *asked.only_repo) {
      throw Error(ErrorCode::forbidden, "'" + asked.from + "' was not of your repository");
    }
  }
  return store.start_handoff(asked.from, asked.to, asked.context, asked.summary, asked.key,
                             asked.giver);
}

asio::awaitable<Handoff> offer(StoreQueue& queue, const HandoffRequest& asked,
                               const Frozen& frozen) {
  const auto offer_in = [&](Store& store) {
    return store.offer_handoff(asked.from, asked.to, frozen.context, asked.summary, asked.key,
                               frozen.digest, frozen.count, asked.context, asked.giver);
  };
  co_return co_await queue.run(Durability::power, offer_in);
}

// Tries until it is done: a store that cannot begin a transaction does not run it, and a context
// that stayed frozen would refuse its owner's entries until the next start.
asio::awaitable<void> thaw(StoreQueue& queue, std::string context) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  const auto thaw_in = [&](Store& store) { store.thaw_context(context); };
  for (;;) {
    try {
      co_await queue.run(Durability::process, thaw_in);
      co_return;
    } catch (const Error&) {
      timer.expires_after(thaw_retry_interval);
    }
    co_await timer.async_wait(asio::use_awaitable);
  }
}

// Freezes, reads and offers, unless one step does it all; what fails after the freeze thaws the
// context again.
asio::awaitable<Handoff> start_handoff(Services& services, const Request& request,
                                       const HandoffRequest& asked) {
  const auto executor = co_await asio::this_coro::executor;
  Handoff handoff;
  Frozen frozen;
  try {
    const auto begin = [&](Store& store) { return start_in(store, asked); };
    const Store::HandoffStart start =
        co_await services.store.run(Durability::process, begin, asked.by);
    if (start.earlier) co_return *start.earlier;
    if (start.offered) {
      handoff = *start.offered;
    } else {
      frozen.context = start.snapshot.info.name;
      co_await digest_frozen(services.store, asked.by, start.snapshot, frozen);
      handoff = co_await offer(services.store, asked, frozen);
    }
  } catch (const Error&) {
    if (!frozen.context.empty()) {
      asio::co_spawn(executor, thaw(services.store, frozen.context), asio::detached);
    }
    throw;
  }
  services.handoffs_asked.emplace(handoff.id, request.arrived());
  services.events.publish(handoff);
  co_return handoff;
}

// A handoff, and whether this request is what decided it.
struct Decided {
  Handoff handoff;
  bool is_new = false;
};

bool is_pending(Store& store, std::uint64_t id) {
  bool pending = false;
  store.database().query(
      Statement::handoff_by_id, {static_cast<std::int64_t>(id)}, [&](const Row& row) {
        constexpr int state_column = 8;
        pending = row.integer(state_column) == static_cast<std::int64_t>(HandoffState::pending);
      });
  return pending;
}

std::string handoffs_text(const Page<Handoff>& page) {
  json shown = json::array();
  for (const Handoff& handoff : page.items) shown.push_back(handoff_json(handoff));
  json data{{"handoffs", std::move(shown)}, {"more", page.more}};
  if (page.more) data["next_after"] = page.items.back().id;
  return to_text(data);
}

std::optional<HandoffState> wanted_handoff_state(const Request& request) {
  if (!request.has("state")) return std::nullopt;
  const std::string text = request.text("state");
  const auto state = handoff_state_from(text);
  if (state) return state;
  throw Error(ErrorCode::invalid_request, "args.state: '" + text.substr(0, 64) +
                                              "' is not pending, accepted, cancelled or expired");
}

// What an ended instance left is handed over by the person, or by who may end instances.
void set_giver(const Services& services, const Request& request, HandoffRequest& asked) {
  if (!request.flag("from_dead")) {
    asked.from = request.caller("from");
    return;
  }
  asked.from = request.text("from");
  if (asked.from.empty()) throw Error(ErrorCode::invalid_request, "args.from: is missing");
  asked.giver = Giver::ended;
  services.authority.require(request.session(), Right::end, "context_handoff with from_dead");
  asked.only_repo = services.authority.own_repository(request.session());
}

}  // namespace

Reply context_handoff(Services& services, const Request& request) {
  HandoffRequest asked;
  set_giver(services, request, asked);
  asked.to = request.text("to");
  asked.context = request.text("context");
  asked.summary = request.text("summary");
  asked.key = request.text("key");
  // It goes on when the caller hangs up: it is no mere question.
  asked.by = Caller(request.asked_by().key(), request.asked_by().bytes(), nullptr);
  const Handoff handoff = co_await start_handoff(services, request, asked);
  co_return to_text(handoff_json(handoff));
}

Reply accept_handoff(Services& services, const Request& request) {
  const std::string caller = request.optional_caller("instance_id");
  const std::uint64_t id = request.number("id");
  const std::string digest = request.text("digest");
  const std::uint64_t count = request.number("count");
  const auto accept = [&](Store& store) {
    Decided decided;
    decided.is_new = is_pending(store, id);
    decided.handoff = store.accept_handoff(id, caller, digest, count);
    return decided;
  };
  const Decided decided = co_await services.store.run(Durability::power, accept);
  if (const auto asked = services.handoffs_asked.extract(id)) {
    services.daemon.on_handoff_done(std::chrono::steady_clock::now() - asked.mapped());
  }
  if (decided.is_new) services.events.publish(decided.handoff);
  co_return to_text(handoff_json(decided.handoff));
}

Reply cancel_handoff(Services& services, const Request& request) {
  const std::string caller = request.optional_caller("instance_id");
  const std::uint64_t id = request.number("id");
  const auto cancel = [&](Store& store) {
    Decided decided;
    decided.is_new = is_pending(store, id);
    decided.handoff = store.cancel_handoff(id, caller);
    return decided;
  };
  const Decided decided = co_await services.store.run(Durability::power, cancel);
  services.handoffs_asked.erase(id);
  if (decided.is_new) services.events.publish(decided.handoff);
  co_return to_text(handoff_json(decided.handoff));
}

Reply list_handoffs(Services& services, const Request& request) {
  HandoffFilter filter;
  filter.instance = request.optional_caller("instance_id");
  filter.state = wanted_handoff_state(request);
  filter.after = request.number("after");
  filter.limit = std::min(request.number("limit", default_handoffs), most_handoffs);
  filter.most_bytes = max_frame_bytes;
  const auto nothing = [](Store&) { return 0; };
  const auto list = [&](Reader& reader, int) {
    return handoffs_text(list_handoffs(reader.database(), filter));
  };
  const Caller& caller = request.asked_by();
  co_return co_await services.store.run_and_read(Durability::process, nothing, list, caller);
}

}  // namespace yardmaster::handlers
