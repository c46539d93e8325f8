#include "loadgen/workloads/handoffs.h"

#include <algorithm>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/domain/context.h"
#include "loadgen/workloads/append_wire.h"

namespace yardmaster::loadgen {
namespace {

// A request has so many entries, so that a context is not one great burst.
constexpr std::uint64_t entries_at_once = 25;
constexpr std::size_t payload_bytes = 256;
// Another try waits this long after a refusal.
constexpr std::chrono::milliseconds handoff_pause_after_refusal{200};

}  // namespace

std::string digest_of(const nlohmann::json& entries) {
  ContextDigest digest;
  for (const auto& entry : entries) {
    digest.add(entry.at("seq").get<std::uint64_t>(), entry.at("kind").get_ref<const std::string&>(),
               entry.at("data").get_ref<const std::string&>());
  }
  return digest.finish();
}

Handoffs::Handoffs(RunContext& context, MeasurementLog& log)
    : context_(context),
      log_(log),
      payload_(context.plan.seed + 1, payload_bytes),
      pacer_(
          context.loop, context.rate_of("handoff", context.plan.handoffs.per_second),
          [this](Offset intended) { begin(intended); },
          [&log](Offset intended, auto lag) { log.note_lag(intended, lag); }) {
  for (std::uint64_t i = 0; i < context.plan.handoffs.pairs; ++i) add_pair(i);
}

void Handoffs::add_pair(std::uint64_t number) {
  auto pair = std::make_unique<Pair>();
  pair->number = number;
  pair->giver = context_.name("giver", number);
  pair->receiver = context_.name("receiver", number);
  const auto giver = context_.allocate(pair->giver, context_.prefix + "-giver");
  const auto receiver = context_.allocate(pair->receiver, context_.prefix + "-receiver");
  pair->context = giver.at("context").get<std::string>();
  pair->giving = std::make_unique<ReconnectingSession>(context_.loop, context_.socket_of(giver));
  pair->receiving =
      std::make_unique<ReconnectingSession>(context_.loop, context_.socket_of(receiver));
  pair->receiving->subscribe(
      {{"events", {"handoff"}}, {"instance_id", pair->receiver}},
      [this, target = pair.get()](std::string_view event, const nlohmann::json& data) {
        if (event == "handoff" && data.value("to", "") == target->receiver) receive(*target, data);
      });
  pairs_.push_back(std::move(pair));
}

void Handoffs::start(SteadyTime start) {
  start_ = start;
  for (auto& pair : pairs_) begin_context(*pair);
  pacer_.start(start);
}

bool Handoffs::idle() const {
  for (const auto& pair : pairs_) {
    if (pair->offering || !pair->due.empty() || pair->answered < pair->sent) return false;
  }
  return true;
}

void Handoffs::begin(Offset intended) {
  Pair& pair = *pairs_[next_++ % pairs_.size()];
  pair.due.push_back({.intended = intended, .sample = log_.begin(intended)});
  offer_if_due(pair);
}

void Handoffs::begin_context(Pair& pair) {
  pair.acknowledged = 0;
  resume_context(pair, 0);
}

// The context holds so many entries already.
void Handoffs::resume_context(Pair& pair, std::uint64_t last_seq) {
  pair.sent = last_seq;
  pair.answered = last_seq;
  if (last_seq < pair.acknowledged) wrong_ += pair.acknowledged - last_seq;
  pair.acknowledged = std::max(pair.acknowledged, last_seq);
  pair.prepared = false;
  if (last_seq < context_.plan.handoffs.entries) {
    write_entries(pair);
  } else {
    on_all_written(pair);
  }
}

void Handoffs::write_entries(Pair& pair) {
  const std::uint64_t first = pair.sent + 1;
  pair.sent = std::min(context_.plan.handoffs.entries, pair.sent + entries_at_once);
  auto entries = nlohmann::json::array();
  for (std::uint64_t seq = first; seq <= pair.sent; ++seq) {
    entries.push_back({entry_kind, data(pair.number, pair.contexts, seq)});
  }
  const nlohmann::json request{
      {"context", pair.context}, {"seq", first}, {"entries", std::move(entries)}};
  pair.giving->request_until_answered(
      "append_entries", request,
      [this, &pair](const AsyncReply& reply) { on_written(pair, reply); });
}

void Handoffs::on_written(Pair& pair, const AsyncReply& reply) {
  pair.answered = pair.sent;
  if (reply.success) {
    pair.acknowledged = std::max(pair.acknowledged, pair.sent);
  } else {
    ++errors_["handoff_" + reply.code];
    return recover_later(pair);
  }
  if (pair.answered == context_.plan.handoffs.entries) {
    on_all_written(pair);
  } else if (!pacer_.is_stopped() || !pair.due.empty()) {
    write_entries(pair);
  }
}

void Handoffs::on_all_written(Pair& pair) {
  ContextDigest digest;
  for (std::uint64_t seq = 1; seq <= context_.plan.handoffs.entries; ++seq) {
    digest.add(seq, entry_kind, data(pair.number, pair.contexts, seq));
  }
  pair.digest = digest.finish();
  pair.prepared = true;
  offer_if_due(pair);
}

void Handoffs::recover_later(Pair& pair) {
  if (pair.recovering) return;
  pair.recovering = true;
  context_.loop.at(std::chrono::steady_clock::now() + handoff_pause_after_refusal, [this, &pair] {
    pair.recovering = false;
    if (!pacer_.is_stopped() || !pair.due.empty()) recover(pair);
  });
}

// Goes on with what the store has: a refusal leaves open how far things went.
void Handoffs::recover(Pair& pair) {
  const nlohmann::json beginning{{"context", pair.context}, {"limit", 1}};
  context_.control.request_until_answered(
      "read_context", beginning, [this, &pair](const AsyncReply& reply) {
        const bool is_own = reply.success && reply.data.value("owner", "") == pair.giver;
        if (is_own) {
          resume_context(pair, reply.data.value("last_seq", std::uint64_t{0}));
        } else if (reply.success || reply.code == "not_found") {
          look_up_context(pair);
        } else {
          recover_later(pair);
        }
      });
}

void Handoffs::look_up_context(Pair& pair) {
  context_.control.request_until_answered(
      "list_instances", {{"name", pair.giver}}, [this, &pair](const AsyncReply& reply) {
        if (!reply.success || !reply.data.contains("instances")) return recover_later(pair);
        for (const auto& instance : reply.data.at("instances")) {
          if (instance.value("instance_id", "") != pair.giver) continue;
          retire_context(pair);
          pair.context = instance.value("context", pair.context);
          begin_context(pair);
        }
      });
}

void Handoffs::retire_context(Pair& pair) {
  if (pair.acknowledged > 0) {
    retired_.push_back({pair.context, pair.number, pair.contexts, pair.acknowledged});
  }
  ++pair.contexts;
}

std::vector<WrittenContext> Handoffs::not_handed_over() const {
  auto contexts = retired_;
  for (const auto& pair : pairs_) {
    if (pair->acknowledged == 0) continue;
    contexts.push_back({pair->context, pair->number, pair->contexts, pair->acknowledged});
  }
  return contexts;
}

void Handoffs::offer_if_due(Pair& pair) {
  if (!pair.prepared || pair.offering || pair.due.empty()) return;
  pair.offering = true;
  pair.reading = false;
  pair.offer = pair.due.front();
  pair.due.pop_front();
  pair.sent_at = now();
  log_.send(pair.offer.sample);
  const nlohmann::json offer{
      {"from", pair.giver}, {"to", pair.receiver}, {"summary", "load"}, {"key", pair.context}};
  pair.giving->request_until_answered("context_handoff", offer,
                                      [this, &pair](const AsyncReply& reply) {
                                        if (reply.success) {
                                          receive(pair, reply.data);
                                        } else {
                                          fail(pair, reply);
                                        }
                                      });
}

// The receiver's event and the giver's reply say the same; the first one counts.
void Handoffs::receive(Pair& pair, const nlohmann::json& offer) {
  if (!pair.offering || pair.reading || offer.value("state", "") != "pending" ||
      offer.value("context", "") != pair.context) {
    return;
  }
  pair.reading = true;
  const auto id = offer.value("id", std::uint64_t{0});
  const nlohmann::json whole{{"context", pair.context},
                             {"limit", context_.plan.handoffs.entries + 1}};
  pair.receiving->request_until_answered(
      "read_context", whole,
      [this, &pair, id](const AsyncReply& reply) { accept(pair, id, reply); });
}

void Handoffs::accept(Pair& pair, std::uint64_t id, const AsyncReply& content) {
  if (!content.success) {
    fail(pair, content);
    return;
  }
  const auto& entries = content.data.at("entries");
  AcceptedHandoff handoff{.id = id,
                          .context = pair.context,
                          .receiver = pair.receiver,
                          .digest = digest_of(entries),
                          .count = entries.size()};
  if (handoff.digest != pair.digest) ++wrong_;
  const nlohmann::json acceptance{{"id", id}, {"digest", handoff.digest}, {"count", handoff.count}};
  pair.receiving->request_until_answered(
      "accept_handoff", acceptance,
      [this, &pair, handoff](const AsyncReply& reply) { on_accepted(pair, handoff, reply); });
}

void Handoffs::on_accepted(Pair& pair, AcceptedHandoff handoff, const AsyncReply& reply) {
  if (!reply.success) {
    fail(pair, reply);
    return;
  }
  pair.offering = false;
  const Offset time = now();
  log_.finish(pair.offer.sample, time - pair.offer.intended, time - pair.sent_at);
  accepted_.push_back(std::move(handoff));
  // The giver's next context: see look_up_context() when the guess is wrong.
  ++pair.contexts;
  pair.acknowledged = 0;
  pair.context = pair.giver + "-" + std::to_string(pair.contexts);
  if (!pacer_.is_stopped() || !pair.due.empty()) begin_context(pair);
}

// The offer stays due: its time runs on.
void Handoffs::fail(Pair& pair, const AsyncReply& reply) {
  ++errors_["handoff_" + reply.code];
  pair.prepared = false;
  pair.offering = false;
  log_.withdraw(pair.offer.sample);
  pair.due.push_front(pair.offer);
  recover_later(pair);
}

void Handoffs::count_errors(ErrorCounts& errors) const {
  for (const auto& [code, count] : errors_) errors[code] += count;
}

}  // namespace yardmaster::loadgen
