#include "coordinator/broker/deliveries.h"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/broker/message_event.h"
#include "coordinator/store/lists.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

// With a taker, unconfirmed; a single longer message is always sent.
constexpr std::size_t most_unconfirmed = 256;
constexpr std::size_t most_bytes = std::size_t{1} << 20U;
// Of messages that are read, and made into events, in one go.
constexpr std::size_t bytes_at_once = std::size_t{256} << 10U;

constexpr std::chrono::nanoseconds shortest_look = std::chrono::milliseconds(10);
constexpr std::chrono::nanoseconds longest_look = std::chrono::seconds(5);

}  // namespace

Deliveries::Deliveries(asio::io_context& io, StoreQueue& store, MemoryBudget& memory,
                       std::chrono::nanoseconds lease, OnUntaken on_untaken)
    : io_(io),
      store_(store),
      memory_(memory),
      lease_(lease),
      on_untaken_(std::move(on_untaken)),
      timer_(io) {}

bool Deliveries::is_full(const Taker& taker) {
  return taker.unconfirmed.size() >= most_unconfirmed || taker.bytes >= most_bytes;
}

void Deliveries::add(Session& session, const std::string& recipient) {
  const auto taker = std::make_shared<Taker>();
  taker->session = &session;
  taker->recipient = recipient;
  takers_[&session] = taker;
  by_recipient_[recipient].push_back(taker);
  go_on(taker);
  if (is_watching_) return;
  is_watching_ = true;
  asio::co_spawn(io_, watch_leases(), asio::detached);
}

void Deliveries::forget(const Session& session) {
  const auto found = takers_.find(&session);
  if (found == takers_.end()) return;
  const TakerPtr taker = found->second;
  takers_.erase(found);
  const auto same = by_recipient_.find(taker->recipient);
  std::erase(same->second, taker);
  if (same->second.empty()) by_recipient_.erase(same);
  taker->session = nullptr;
  if (taker->unconfirmed.empty() && taker->is_live) return;
  asio::post(io_, [this, recipient = taker->recipient] { on_untaken_(recipient); });
}

std::vector<Deliveries::TakerPtr> Deliveries::takers_of(const std::string& recipient) const {
  const auto found = by_recipient_.find(recipient);
  return found == by_recipient_.end() ? std::vector<TakerPtr>() : found->second;
}

void Deliveries::send(Taker& taker, const Message& message, const SharedText& rest) {
  const SessionPtr session(taker.session);  // it is forgotten when it does not read
  const std::string beginning = message_beginning(message);
  const std::size_t bytes = beginning.size() + rest->size();
  taker.unconfirmed[message.id] = {std::chrono::steady_clock::now(), bytes};
  taker.bytes += bytes;
  taker.newest = std::max(taker.newest, message.id);
  session->send_event(beginning, rest);
}

void Deliveries::offer(Session& session, const Message& message, const SharedText& rest) {
  const auto found = takers_.find(&session);
  if (found == takers_.end()) return;
  const TakerPtr taker = found->second;
  if (taker->unconfirmed.contains(message.id)) return;  // it was read from the store before
  if (taker->is_live && !is_full(*taker)) return send(*taker, message, rest);
  taker->is_live = false;
  taker->is_behind = true;
}

void Deliveries::take_off(Taker& taker, std::uint64_t id) {
  const auto found = taker.unconfirmed.find(id);
  if (found == taker.unconfirmed.end()) return;
  taker.bytes -= found->second.bytes;
  taker.unconfirmed.erase(found);
}

void Deliveries::confirm(const std::string& recipient, const std::vector<std::uint64_t>& ids) {
  for (const TakerPtr& taker : takers_of(recipient)) {
    for (const std::uint64_t id : ids) take_off(*taker, id);
    go_on(taker);
  }
}

void Deliveries::confirm_up_to(const std::string& recipient, std::uint64_t newest) {
  for (const TakerPtr& taker : takers_of(recipient)) {
    while (!taker->unconfirmed.empty() && taker->unconfirmed.begin()->first <= newest) {
      take_off(*taker, taker->unconfirmed.begin()->first);
    }
    go_on(taker);
  }
}

void Deliveries::go_on(const TakerPtr& taker) {
  const bool has_room =
      taker->unconfirmed.size() <= most_unconfirmed / 2 && taker->bytes <= most_bytes / 2;
  if (taker->is_live || taker->is_reading || !has_room) return;
  taker->is_reading = true;
  asio::co_spawn(io_, catch_up(taker), asio::detached);
}

void Deliveries::begin_again(const TakerPtr& taker) {
  redelivered_ += taker->unconfirmed.size();
  taker->newest = taker->unconfirmed.begin()->first - 1;
  taker->unconfirmed.clear();
  taker->bytes = 0;
  taker->is_live = false;
  go_on(taker);
}

asio::awaitable<void> Deliveries::catch_up(TakerPtr taker) {
  now_running("deliveries");
  try {
    asio::awaitable<void> reading = read_pending(taker);
    co_await std::move(reading);
  } catch (const std::exception&) {
    taker->is_live = false;  // the next look tries again
  }
  taker->is_reading = false;
}

asio::awaitable<void> Deliveries::read_pending(TakerPtr taker) {
  MessageFilter filter;
  filter.recipient = taker->recipient;
  filter.status = MessageStatus::pending;
  const auto nothing = [](Store&) { return 0; };
  const auto read = [&](Reader& reader, int) { return list_messages(reader.database(), filter); };
  while (taker->session != nullptr && !is_full(*taker)) {
    taker->is_behind = false;
    filter.after = taker->newest;
    filter.limit = most_unconfirmed - taker->unconfirmed.size();
    filter.most_bytes = std::min(bytes_at_once, most_bytes - taker->bytes);
    const Page<Message> page = co_await store_.run_and_read(Durability::process, nothing, read);
    for (const Message& message : page.items) {
      if (taker->session == nullptr) co_return;
      const SharedText rest = message_rest(memory_, message);
      send(*taker, message, rest);
    }
    if (!page.more && !taker->is_behind) {
      taker->is_live = true;
      co_return;
    }
  }
}

asio::awaitable<void> Deliveries::watch_leases() {
  const auto between = std::clamp(lease_ / 4, shortest_look, longest_look);
  while (!takers_.empty()) {
    timer_.expires_after(between);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (cancelled) break;
    now_running("leases");
    std::vector<TakerPtr> all;
    all.reserve(takers_.size());
    for (const auto& [session, taker] : takers_) all.push_back(taker);
    const SteadyTime now = std::chrono::steady_clock::now();
    for (const TakerPtr& taker : all) {
      const bool is_over = !taker->is_reading && !taker->unconfirmed.empty() &&
                           taker->unconfirmed.begin()->second.at + lease_ <= now;
      if (is_over) {
        begin_again(taker);
        on_untaken_(taker->recipient);
      }
      go_on(taker);
    }
  }
  is_watching_ = false;
}

}  // namespace yardmaster
