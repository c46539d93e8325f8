// Pairs of instances that hand contexts over, beside the writers: the giver writes a fresh context,
// offers it at the scheduled time, and the receiver reads all of it, checks the digest and accepts.
// Latency runs from the intended time of the offer to the reply to accept_handoff.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "loadgen/plan/payload.h"
#include "loadgen/workloads/pacer.h"
#include "loadgen/workloads/workload.h"

namespace yardmaster::loadgen {

// The audit looks these up: handoffs that were acknowledged as accepted.
struct AcceptedHandoff {
  std::uint64_t id = 0;
  std::string context;
  std::string receiver;
  std::string digest;
  std::uint64_t count = 0;
};

// The audit looks these up as well: what was acknowledged of a context that was not handed over.
struct WrittenContext {
  std::string name;
  std::uint64_t pair = 0;
  std::uint64_t number = 0;        // among the giver's contexts
  std::uint64_t acknowledged = 0;  // entries
};

class Handoffs final : public Workload {
 public:
  Handoffs(RunContext& context, MeasurementLog& log);

  void end_at(Offset end) override { pacer_.end_at(end); }
  void start(SteadyTime start) override;
  void stop() override { pacer_.stop(); }
  bool idle() const override;
  void count_errors(ErrorCounts& errors) const override;

  const std::vector<AcceptedHandoff>& accepted() const { return accepted_; }
  std::vector<WrittenContext> not_handed_over() const;
  // The text of an entry of a giver's context.
  std::string data(std::uint64_t pair, std::uint64_t number, std::uint64_t seq) const {
    return payload_.make(pair, (number << 16U) + seq);
  }
  // Handoffs whose content was not what the giver wrote, and acknowledged entries that the store
  // did not have any more when their context was gone on with.
  std::uint64_t wrong() const { return wrong_; }

 private:
  struct Offer {
    Offset intended{};
    std::uint64_t sample = 0;
  };
  struct Pair {
    std::uint64_t number = 0;
    std::string giver;
    std::string receiver;
    std::unique_ptr<ReconnectingSession> giving;
    std::unique_ptr<ReconnectingSession> receiving;
    std::string context;         // that the giver writes next
    std::uint64_t contexts = 1;  // the giver's, so far
    std::uint64_t sent = 0;      // entries of it
    std::uint64_t answered = 0;
    std::uint64_t acknowledged = 0;  // the last entry that is
    bool recovering = false;
    bool prepared = false;
    bool offering = false;
    bool reading = false;
    std::string digest;     // of the written entries
    std::deque<Offer> due;  // offers that wait for a context
    Offer offer;            // the one under way
    Offset sent_at{};
  };

  void add_pair(std::uint64_t number);
  Offset now() const { return std::chrono::steady_clock::now() - start_; }
  void begin(Offset intended);
  void write_entries(Pair& pair);
  void on_written(Pair& pair, const AsyncReply& reply);
  void on_all_written(Pair& pair);
  void recover_later(Pair& pair);
  void recover(Pair& pair);
  void look_up_context(Pair& pair);
  void offer_if_due(Pair& pair);
  void receive(Pair& pair, const nlohmann::json& offer);
  void accept(Pair& pair, std::uint64_t id, const AsyncReply& content);
  void on_accepted(Pair& pair, AcceptedHandoff handoff, const AsyncReply& reply);
  void begin_context(Pair& pair);
  void resume_context(Pair& pair, std::uint64_t last_seq);
  void retire_context(Pair& pair);
  void fail(Pair& pair, const AsyncReply& reply);

  RunContext& context_;
  MeasurementLog& log_;
  Payload payload_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  SteadyTime start_{};
  std::uint64_t next_ = 0;
  std::vector<AcceptedHandoff> accepted_;
  std::vector<WrittenContext> retired_;
  std::uint64_t wrong_ = 0;
  ErrorCounts errors_;
  Pacer pacer_;
};

// The digest of what read_context gave; entries in order.
std::string digest_of(const nlohmann::json& entries);

}  // namespace yardmaster::loadgen
