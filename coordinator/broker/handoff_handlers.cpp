#include <exception>

#include "coordinator/base/json.h"
#include "coordinator/broker/handlers.h"
#include "coordinator/broker/wire_values.h"

namespace yardmaster::handlers {
namespace {

using nlohmann::json;
namespace asio = boost::asio;

struct Wish {
  std::string from;
  std::string to;
  std::string context;  // empty: the giver's own
  std::string summary;
  std::string key;
};

// What was frozen, and its digest.
struct Frozen {
  std::optional<Handoff> earlier;
  std::string context;
  std::string digest;
  std::uint64_t count = 0;
};

Frozen digest_of(Reader& reader, const Store::HandoffStart& start) {
  Frozen frozen;
  frozen.earlier = start.earlier;
  if (frozen.earlier) return frozen;
  ContextDigest digest;
  reader.visit(start.snapshot, [&](std::uint64_t seq, std::string_view kind, std::string_view data,
                                   WallTime) { digest.add(seq, kind, data); });
  frozen.context = start.snapshot.info.name;
  frozen.count = digest.count();
  frozen.digest = digest.finish();
  return frozen;
}

// Refuses further appends first, so that the digest is of the whole context. A failure to read it
// thaws it again.
asio::awaitable<Frozen> freeze(StoreQueue& queue, const Wish& wish) {
  std::string context;  // set once it is frozen; the store thread is done with it by then
  const auto freeze_in = [&](Store& store) {
    Store::HandoffStart start =
        store.freeze_context(wish.from, wish.to, wish.context, wish.summary, wish.key);
    if (!start.earlier) context = start.snapshot.info.name;
    return start;
  };
  const auto read = [](Reader& reader, const Store::HandoffStart& start) {
    return digest_of(reader, start);
  };
  std::exception_ptr failure;
  Frozen frozen;
  try {
    frozen = co_await queue.run_and_read(Durability::process, freeze_in, read);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return frozen;
  if (!context.empty()) {
    const auto thaw = [&](Store& store) { store.thaw_context(context); };
    co_await queue.run(Durability::process, thaw);
  }
  std::rethrow_exception(failure);
}

asio::awaitable<Handoff> offer(StoreQueue& queue, const Wish& wish, const Frozen& frozen) {
  const auto offer_in = [&](Store& store) {
    return store.offer_handoff(wish.from, wish.to, frozen.context, wish.summary, wish.key,
                               frozen.digest, frozen.count);
  };
  std::exception_ptr failure;
  Handoff handoff;
  try {
    handoff = co_await queue.run(Durability::power, offer_in);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return handoff;
  const auto thaw = [&](Store& store) { store.thaw_context(frozen.context); };
  co_await queue.run(Durability::process, thaw);
  std::rethrow_exception(failure);
}

std::optional<HandoffState> state_of(const Request& request) {
  if (!request.has("state")) return std::nullopt;
  const std::string text = request.text("state");
  const auto state = handoff_state_from(text);
  if (state) return state;
  throw Error(ErrorCode::invalid_request,
              "args.state: '" + text.substr(0, 64) + "' is not pending, accepted or cancelled");
}

}  // namespace

Reply context_handoff(Services& services, const Request& request) {
  Wish wish;
  wish.from = request.caller("from");
  wish.to = request.text("to");
  wish.context = request.text("context");
  wish.summary = request.text("summary");
  wish.key = request.text("key");
  const Frozen frozen = co_await freeze(services.store, wish);
  if (frozen.earlier) co_return to_text(handoff_json(*frozen.earlier));
  const Handoff handoff = co_await offer(services.store, wish, frozen);
  services.handoffs_asked.emplace(handoff.id, request.arrived());
  services.events.publish(handoff);
  co_return to_text(handoff_json(handoff));
}

Reply accept_handoff(Services& services, const Request& request) {
  const std::string caller = request.optional_caller("instance_id");
  const std::uint64_t id = request.number("id");
  const std::string digest = request.text("digest");
  const std::uint64_t count = request.number("count");
  const auto accept = [&](Store& store) { return store.accept_handoff(id, caller, digest, count); };
  const Handoff handoff = co_await services.store.run(Durability::power, accept);
  if (const auto asked = services.handoffs_asked.extract(id)) {
    services.daemon.on_handoff_done(std::chrono::steady_clock::now() - asked.mapped());
  }
  services.events.publish(handoff);
  co_return to_text(handoff_json(handoff));
}

Reply cancel_handoff(Services& services, const Request& request) {
  const std::string caller = request.optional_caller("instance_id");
  const std::uint64_t id = request.number("id");
  const auto cancel = [&](Store& store) { return store.cancel_handoff(id, caller); };
  const Handoff handoff = co_await services.store.run(Durability::power, cancel);
  services.handoffs_asked.erase(id);
  services.events.publish(handoff);
  co_return to_text(handoff_json(handoff));
}

Reply list_handoffs(Services& services, const Request& request) {
  const std::string instance = request.optional_caller("instance_id");
  const auto state = state_of(request);
  const auto list = [&](Store& store) { return store.list_handoffs(instance, state); };
  const std::vector<Handoff> handoffs = co_await services.store.run(Durability::process, list);
  json shown = json::array();
  for (const Handoff& handoff : handoffs) shown.push_back(handoff_json(handoff));
  const json data{{"handoffs", std::move(shown)}};
  co_return to_text(data);
}

}  // namespace yardmaster::handlers
