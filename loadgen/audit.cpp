#include "loadgen/audit.h"

#include <algorithm>
#include <set>
#include <vector>

#include "coordinator/base/error.h"
#include "coordinator/domain/context.h"
#include "loadgen/append_wire.h"
#include "loadgen/workloads/broadcasts.h"
#include "loadgen/workloads/handoffs.h"
#include "loadgen/workloads/writes.h"

namespace yardmaster::loadgen {
namespace {

// Questions that wait for their answer at a time: enough to keep the daemon's reader busy.
constexpr std::size_t window = 16;
constexpr int page = 1000;
constexpr std::chrono::seconds answer_deadline{120};

std::string expected_digest(const Writes& writes, const Writer& writer) {
  ContextDigest digest;
  std::string text;
  for (std::uint64_t seq = 1; seq <= writer.last_acknowledged(); ++seq) {
    text.clear();
    writes.payload().append_to(text, writer.number(), seq);
    digest.add(seq, entry_kind, text);
  }
  return digest.finish();
}

}  // namespace

void Auditor::settle(std::size_t most) {
  const auto deadline = std::chrono::steady_clock::now() + answer_deadline;
  while (waiting_ > most) {
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Error(ErrorCode::timed_out, "the coordinator did not answer the audit in two minutes");
    }
    loop_.poll(deadline);
  }
}

void Auditor::ask(const std::string& command, const nlohmann::json& args,
                  AsyncConnection::ReplyHandler handler) {
  settle(window);
  ++waiting_;
  control_.request_until_answered(command, args,
                                  [this, handler = std::move(handler)](const AsyncReply& reply) {
                                    --waiting_;
                                    handler(reply);
                                  });
}

void Auditor::check_writes(const Writes& writes) {
  std::vector<const Writer*> doubtful;
  for (const Writer& writer : writes.writers()) {
    if (writer.last_acknowledged() == 0) continue;
    audit_.acknowledged += writer.last_acknowledged();
    const nlohmann::json range{
        {"context", writer.context()}, {"from_seq", 1}, {"to_seq", writer.last_acknowledged()}};
    ask("digest_context", range, [this, &writes, &writer, &doubtful](const AsyncReply& reply) {
      progress_ += writer.last_acknowledged();
      const bool matches = reply.success && reply.number("count") == writer.last_acknowledged() &&
                           reply.text("digest") == expected_digest(writes, writer);
      if (matches) {
        audit_.stored += writer.last_acknowledged();
      } else {
        doubtful.push_back(&writer);
      }
    });
  }
  settle(0);
  for (const Writer* writer : doubtful) count_one_by_one(writes, *writer);
}

// A digest that differs says that something is wrong; this finds out what.
void Auditor::count_one_by_one(const Writes& writes, const Writer& writer) {
  std::set<std::uint64_t> found;
  std::uint64_t last = 0;
  std::uint64_t from = 1;
  while (from <= writer.last_acknowledged()) {
    const auto data = control_.call(
        "read_context", {{"context", writer.context()}, {"from_seq", from}, {"limit", page}});
    const auto& entries = data.at("entries");
    for (const auto& entry : entries) {
      const auto seq = entry.at("seq").get<std::uint64_t>();
      if (seq > writer.last_acknowledged()) continue;
      if (seq < last) ++audit_.out_of_order;
      last = std::max(last, seq);
      if (entry.at("data") != writes.payload().make(writer.number(), seq)) continue;
      if (!found.insert(seq).second) ++audit_.duplicated;
    }
    if (entries.empty()) break;
    from = std::max(from, last) + 1;
  }
  audit_.stored += found.size();
  audit_.lost += writer.last_acknowledged() - found.size();
}

void Auditor::check_handoffs(const Handoffs& handoffs) {
  audit_.lost += handoffs.wrong();
  for (const auto& handoff : handoffs.accepted()) {
    audit_.acknowledged += 1;
    ask("digest_context", {{"context", handoff.context}},
        [this, &handoff](const AsyncReply& reply) { check_handoff(handoff, reply); });
  }
  settle(0);
}

void Auditor::check_handoff(const AcceptedHandoff& handoff, const AsyncReply& reply) {
  ++progress_;
  const bool whole = reply.success && reply.number("count") == handoff.count &&
                     reply.text("digest") == handoff.digest &&
                     reply.text("owner") == handoff.receiver;
  ++(whole ? audit_.stored : audit_.lost);
}

void Auditor::check_messages(const Broadcasts& broadcasts) {
  std::set<std::uint64_t> acknowledged(broadcasts.acknowledged().begin(),
                                       broadcasts.acknowledged().end());
  audit_.acknowledged += acknowledged.size();
  std::uint64_t stored = 0;
  for (const auto& listener : broadcasts.listeners()) {
    audit_.duplicated += listener->duplicated;
    audit_.out_of_order += listener->out_of_order;
    for (const auto id : listener->received) acknowledged.erase(id);
    const auto acked = count_acked(listener->name, listener->acked);
    const std::set<std::uint64_t> distinct(listener->acked.begin(), listener->acked.end());
    audit_.lost += distinct.size() - acked;
    stored += acked;
  }
  audit_.lost += acknowledged.size();  // nobody received them
  audit_.stored += stored;
}

// How many of these acks the store knows.
std::uint64_t Auditor::count_acked(const std::string& listener,
                                   const std::vector<std::uint64_t>& acked) {
  std::set<std::uint64_t> stored;
  std::uint64_t after = 0;
  while (true) {
    const auto data = control_.call(
        "list_messages",
        {{"instance_id", listener}, {"status", "acked"}, {"after", after}, {"limit", page}});
    const auto& messages = data.at("messages");
    if (messages.empty()) break;
    for (const auto& message : messages) stored.insert(message.at("id").get<std::uint64_t>());
    after = *stored.rbegin();
  }
  progress_ += stored.size();
  const std::set<std::uint64_t> once(acked.begin(), acked.end());
  return static_cast<std::uint64_t>(std::count_if(
      once.begin(), once.end(), [&](std::uint64_t id) { return stored.contains(id); }));
}

}  // namespace yardmaster::loadgen
