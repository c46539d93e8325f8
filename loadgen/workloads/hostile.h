// Clients that ask for as much as one request can cost, beside a session that behaves well. In
// turns, one at a time:
//   lists       pipelined lists of a mailbox full of messages of 1 MB, of which nothing is read
//   digests     pipelined digests of one large context, likewise
//   broadcasts  1 MB to many subscribers who read nothing of what they get
// What each has asked for stays until its next turn, when it hangs up. With each turn the session
// that behaves well appends an entry to its own context: its latency is what is measured.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/base/unique_fd.h"
#include "loadgen/workloads/pacer.h"
#include "loadgen/workloads/workload.h"

namespace yardmaster::loadgen {

class Hostile final : public Workload {
 public:
  // Fills the mailbox and the context, and makes the instances that are written to.
  Hostile(RunContext& context, MeasurementLog& log);

  void end_at(Offset end) override { pacer_.end_at(end); }
  void start(SteadyTime start) override;
  void stop() override { pacer_.stop(); }
  bool idle() const override { return open_ == 0; }
  // Of the session that behaves well alone.
  void count_errors(ErrorCounts& errors) const override;

 private:
  enum class Act { lists, digests, broadcasts };
  static constexpr std::size_t acts = 3;

  void fill_mailbox();
  void fill_context();
  void make_listeners();
  void begin(Offset intended);
  void act(Act what);
  void append_beside(Offset intended);
  // Connects anew, and sends all of it without waiting for anything.
  UniqueFd ask(const std::string& text) const;
  void subscribe_all();

  RunContext& context_;
  MeasurementLog& log_;
  const HostileLoad& load_;
  std::string socket_;
  std::string behaved_;    // the instance that behaves well
  std::string mailbox_;    // instances that are full
  std::string book_;       // a context
  std::string listeners_;  // their role
  std::vector<std::string> listener_names_;
  std::unique_ptr<ReconnectingSession> session_;      // of the one that behaves well
  std::unique_ptr<ReconnectingSession> broadcaster_;  // anew with each turn
  std::array<UniqueFd, acts> asked_;
  std::vector<UniqueFd> silent_;
  std::uint64_t turns_ = 0;
  std::uint64_t next_seq_ = 1;
  std::uint64_t open_ = 0;
  SteadyTime start_{};
  ErrorCounts errors_;
  Pacer pacer_;
};

}  // namespace yardmaster::loadgen
