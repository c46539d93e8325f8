// The audit looks up, after a run, everything that was acknowledged, through the daemon, from its
// store. What should be there is known without having kept it, since payloads follow from seed,
// instance and seq. Data that the daemon cannot find or read is lost: a failure is a finding here,
// not an end. It runs on the generator's thread, when the load is over; the daemon may go away and
// come back meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "loadgen/workloads/reconnecting_session.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

class Writes;
class Handoffs;
class Broadcasts;
struct AcceptedHandoff;

// A context that has to hold the entries from 1 to `last`, and what they hold.
struct KnownContext {
  std::string name;
  std::uint64_t last = 0;
  std::function<void(std::string& text, std::uint64_t seq)> append_data;
};

class Auditor {
 public:
  // `progress` counts what was looked up. `count_rows`: let the daemon count the rows of each
  // context as well, which finds entries that stand twice but takes it through its whole table.
  Auditor(EventLoop& loop, ReconnectingSession& control, std::atomic<std::uint64_t>& progress,
          bool count_rows)
      : loop_(loop), control_(control), progress_(progress), count_rows_(count_rows) {}

  // Checks that every acknowledged entry of every instance is there: once, in order, unchanged.
  void check_writes(const Writes& writes);
  // Checks every accepted handoff: the receiver owns the whole context. Entries that were written
  // and not handed over are there too.
  void check_handoffs(const Handoffs& handoffs);
  // Checks that every acknowledged message is stored, that what was received came once and in
  // order, and that every acknowledged ack is stored.
  void check_messages(const Broadcasts& broadcasts);
  // Checks every entry of every one of these.
  void check_contexts(const std::vector<KnownContext>& contexts);

  const reports::Audit& result() const { return audit_; }

 private:
  // Runs the loop until at most so many answers are missing.
  void wait_for_answers(std::size_t most);
  void ask(const std::string& command, const nlohmann::json& args,
           AsyncConnection::ReplyHandler handler);
  // Returns whether the daemon knows how to count rows.
  bool can_count_rows(const std::string& context);
  bool is_whole(const KnownContext& context, const AsyncReply& digest);
  void count_one_by_one(const KnownContext& context);
  void check_handoff(const AcceptedHandoff& handoff, const AsyncReply& reply);
  // The ids of a listener's messages with this status; without one, of those that are not acked.
  std::set<std::uint64_t> messages_of(const std::string& listener,
                                      const std::optional<std::string>& status);

  EventLoop& loop_;
  ReconnectingSession& control_;
  std::atomic<std::uint64_t>& progress_;
  bool count_rows_;
  bool rows_are_known_ = false;  // can_count_rows() has asked
  reports::Audit audit_;
  std::size_t waiting_ = 0;
};

}  // namespace yardmaster::loadgen
