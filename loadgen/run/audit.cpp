#include "loadgen/run/audit.h"

#include <algorithm>

#include "coordinator/base/error.h"
#include "coordinator/domain/context.h"
#include "loadgen/workloads/append_wire.h"
#include "loadgen/workloads/broadcasts.h"
#include "loadgen/workloads/handoffs.h"
#include "loadgen/workloads/writes.h"

namespace yardmaster::loadgen {
namespace {

// Questions that wait for their answer at a time: enough to keep the daemon's reader busy.
constexpr std::size_t requests_in_flight = 16;
constexpr std::uint64_t entries_per_page = 1000;
constexpr std::chrono::seconds answer_deadline{120};

std::string expected_digest(const KnownContext& context) {
  ContextDigest digest;
  std::string text;
  for (std::uint64_t seq = 1; seq <= context.last; ++seq) {
    text.clear();
    context.append_data(text, seq);
    digest.add(seq, entry_kind, text);
  }
  return digest.finish();
}

nlohmann::json digest_request(const std::string& context, std::uint64_t last, bool count_rows) {
  nlohmann::json request{{"context", context}, {"from_seq", 1}, {"to_seq", last}};
  if (count_rows) request["count_rows"] = true;
  return request;
}

// A refusal that tells of the store's content, not of its state.
bool says_lost(const AsyncReply& reply) {
  return reply.code == to_string(ErrorCode::not_found) ||
         reply.code == to_string(ErrorCode::storage_damaged);
}

// Entries as they are read, page by page.
class Finder {
 public:
  Finder(const KnownContext& context, reports::Audit& audit) : context_(context), audit_(audit) {}

  void add(const nlohmann::json& entry) {
    const auto seq = entry.at("seq").get<std::uint64_t>();
    if (seq > context_.last) return;
    if (seq < latest_) ++audit_.out_of_order;
    latest_ = std::max(latest_, seq);
    text_.clear();
    context_.append_data(text_, seq);
    if (entry.at("data") != text_) return;
    if (!found_.insert(seq).second) ++audit_.duplicated;
  }
  std::uint64_t latest() const { return latest_; }
  std::uint64_t found() const { return found_.size(); }

 private:
  const KnownContext& context_;
  reports::Audit& audit_;
  std::set<std::uint64_t> found_;
  std::uint64_t latest_ = 0;
  std::string text_;
};

}  // namespace

void Auditor::wait_for_answers(std::size_t most) {
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
  wait_for_answers(requests_in_flight);
  ++waiting_;
  control_.request_until_answered(command, args,
                                  [this, handler = std::move(handler)](const AsyncReply& reply) {
                                    --waiting_;
                                    handler(reply);
                                  });
}

void Auditor::check_writes(const Writes& writes) {
  std::vector<KnownContext> contexts;
  for (const Writer& writer : writes.writers()) {
    const auto append = [&payload = writes.payload(), number = writer.number()](std::string& text,
                                                                                std::uint64_t seq) {
      payload.append_to(text, number, seq);
    };
    contexts.push_back({writer.context(), writer.last_acknowledged(), append});
  }
  check_contexts(contexts);
}

void Auditor::check_contexts(const std::vector<KnownContext>& contexts) {
  std::vector<const KnownContext*> doubtful;
  for (const KnownContext& context : contexts) {
    if (context.last == 0) continue;
    audit_.acknowledged += context.last;
    count_rows_ = count_rows_ && can_count_rows(context.name);
    ask("digest_context", digest_request(context.name, context.last, count_rows_),
        [this, &context, &doubtful](const AsyncReply& reply) {
          progress_ += context.last;
          if (is_whole(context, reply)) {
            audit_.stored += context.last;
          } else {
            doubtful.push_back(&context);
          }
        });
  }
  wait_for_answers(0);
  for (const KnownContext* context : doubtful) count_one_by_one(*context);
}

bool Auditor::can_count_rows(const std::string& context) {
  if (rows_are_known_) return true;
  const auto reply =
      control_.answer_to("digest_context", digest_request(context, 1, true), answer_deadline);
  rows_are_known_ = true;
  return reply.success || reply.code != to_string(ErrorCode::invalid_request);
}

bool Auditor::is_whole(const KnownContext& context, const AsyncReply& digest) {
  if (!digest.success) return false;
  const auto count = digest.number("count");
  const auto rows = digest.data.value("rows", count);
  if (rows > count) audit_.duplicated += rows - count;
  return count == context.last && digest.text("digest") == expected_digest(context);
}

// A digest that differs or cannot be had says that something is wrong; this finds out what. Where a
// page cannot be read it reads smaller ones, down to the one entry that is unreadable.
void Auditor::count_one_by_one(const KnownContext& context) {
  Finder finder(context, audit_);
  std::uint64_t limit = entries_per_page;
  std::uint64_t from = 1;
  while (from <= context.last) {
    const nlohmann::json range{{"context", context.name}, {"from_seq", from}, {"limit", limit}};
    const auto reply = control_.answer_to("read_context", range, answer_deadline);
    if (reply.success) {
      const auto& entries = reply.data.at("entries");
      if (entries.empty()) break;  // it ends before
      for (const auto& entry : entries) finder.add(entry);
      from = std::max(from, finder.latest()) + 1;
      limit = std::min(2 * limit, entries_per_page);
    } else if (reply.code == to_string(ErrorCode::not_found)) {
      break;
    } else if (limit > 1) {
      limit /= 2;
    } else {
      ++from;
    }
  }
  audit_.stored += finder.found();
  audit_.lost += context.last - finder.found();
}

void Auditor::check_handoffs(const Handoffs& handoffs) {
  audit_.lost += handoffs.wrong();
  // A copy, since a late answer may add to them meanwhile.
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
  const auto accepted = handoffs.accepted();
  for (const auto& handoff : accepted) {
    audit_.acknowledged += 1;
    ask("digest_context", {{"context", handoff.context}},
        [this, &handoff](const AsyncReply& reply) { check_handoff(handoff, reply); });
  }
  wait_for_answers(0);
  std::vector<KnownContext> rest;
  for (const auto& written : handoffs.not_handed_over()) {
    const auto append = [&handoffs, pair = written.pair, number = written.number](
                            std::string& text, std::uint64_t seq) {
      text += handoffs.data(pair, number, seq);
    };
    rest.push_back({written.name, written.acknowledged, append});
  }
  check_contexts(rest);
}

void Auditor::check_handoff(const AcceptedHandoff& handoff, const AsyncReply& reply) {
  ++progress_;
  const bool whole = reply.success && reply.number("count") == handoff.count &&
                     reply.text("digest") == handoff.digest &&
                     reply.text("owner") == handoff.receiver;
  ++(whole ? audit_.stored : audit_.lost);
}

void Auditor::check_messages(const Broadcasts& broadcasts) {
  std::set<std::uint64_t> expected(broadcasts.acknowledged().begin(),
                                   broadcasts.acknowledged().end());
  std::set<std::uint64_t> missing = expected;
  std::set<std::uint64_t> lost;
  for (const auto& listener : broadcasts.listeners()) {
    audit_.duplicated += listener->duplicated;
    audit_.out_of_order += listener->out_of_order;
    const auto acknowledged_acks = listener->acked;  // late ones may follow
    const auto acked = messages_of(listener->name, "acked");
    for (const auto id : acked) missing.erase(id);
    for (const auto id : acknowledged_acks) {
      expected.insert(id);
      if (!acked.contains(id)) lost.insert(id);
    }
  }
  // These messages are not acked, and perhaps not received in time: they have to be there all the
  // same.
  for (const auto& listener : broadcasts.listeners()) {
    if (missing.empty()) break;
    for (const auto id : messages_of(listener->name, std::nullopt)) missing.erase(id);
  }
  lost.insert(missing.begin(), missing.end());
  audit_.acknowledged += expected.size();
  audit_.stored += expected.size() - lost.size();
  audit_.lost += lost.size();
}

std::set<std::uint64_t> Auditor::messages_of(const std::string& listener,
                                             const std::optional<std::string>& status) {
  std::set<std::uint64_t> ids;
  nlohmann::json request{{"instance_id", listener}, {"limit", entries_per_page}};
  if (status) request["status"] = *status;
  while (true) {
    request["after"] = ids.empty() ? 0 : *ids.rbegin();
    const auto reply = control_.answer_to("list_messages", request, answer_deadline);
    if (!reply.success && !says_lost(reply)) throw_failure("list_messages", reply);
    if (!reply.success) return ids;
    const auto& messages = reply.data.at("messages");
    if (messages.empty()) return ids;
    for (const auto& message : messages) ids.insert(message.at("id").get<std::uint64_t>());
    progress_ += messages.size();
  }
}

}  // namespace yardmaster::loadgen
