// After a run: looks up everything that was acknowledged, through the daemon, from its store. What
// should be there is known without having kept it, since payloads follow from seed, instance and
// seq. On the generator's thread, when the load is over.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "loadgen/session.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

class Writer;
class Writes;
class Handoffs;
class Broadcasts;
struct AcceptedHandoff;

class Auditor {
 public:
  // `progress` counts what was looked up.
  Auditor(EventLoop& loop, Session& control, std::atomic<std::uint64_t>& progress)
      : loop_(loop), control_(control), progress_(progress) {}

  // Every acknowledged entry of every instance: once, in order, unchanged.
  void check_writes(const Writes& writes);
  // Every accepted handoff: the receiver owns the whole context.
  void check_handoffs(const Handoffs& handoffs);
  // Every acknowledged message: received by its listener once and in order, and its ack is stored.
  void check_messages(const Broadcasts& broadcasts);

  const reports::Audit& result() const { return audit_; }

 private:
  // Runs the loop until at most so many answers are missing.
  void settle(std::size_t most);
  void ask(const std::string& command, const nlohmann::json& args,
           AsyncConnection::ReplyHandler handler);
  void count_one_by_one(const Writes& writes, const Writer& writer);
  void check_handoff(const AcceptedHandoff& handoff, const AsyncReply& reply);
  std::uint64_t count_acked(const std::string& listener, const std::vector<std::uint64_t>& acked);

  EventLoop& loop_;
  Session& control_;
  std::atomic<std::uint64_t>& progress_;
  reports::Audit audit_;
  std::size_t waiting_ = 0;
};

}  // namespace yardmaster::loadgen
