// One sender and a role full of listeners. Latency runs from the intended time of the broadcast to
// the moment when every listener has the message; each listener acks what it gets.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "loadgen/workloads/pacer.h"
#include "loadgen/workloads/workload.h"

namespace yardmaster::loadgen {

class Broadcasts final : public Workload {
 public:
  struct Listener {
    std::string name;
    std::unique_ptr<ReconnectingSession> session;
    std::vector<std::uint64_t> received;  // in order, repetitions after a reconnection left out
    std::uint64_t last_id = 0;            // on this connection
    std::vector<std::uint64_t> acked;
    std::uint64_t acks_open = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t out_of_order = 0;
  };

  Broadcasts(RunContext& context, MeasurementLog& log);

  void end_at(Offset end) override { pacer_.end_at(end); }
  void start(SteadyTime start) override;
  void stop() override { pacer_.stop(); }
  bool idle() const override;
  void count_errors(ErrorCounts& errors) const override;

  const std::vector<std::unique_ptr<Listener>>& listeners() const { return listeners_; }
  // The ids that acknowledged broadcasts were given, of all recipients.
  const std::vector<std::uint64_t>& acknowledged() const { return acknowledged_; }

 private:
  struct Open {
    Offset intended{};
    Offset sent_at{};
    std::uint64_t sample = 0;
    std::size_t missing = 0;
    bool replied = false;
  };

  void add_listener(std::uint64_t number);
  Offset now() const { return std::chrono::steady_clock::now() - start_; }
  void send(Offset intended);
  void on_sent(std::uint64_t number, const AsyncReply& reply);
  void on_message(Listener& listener, const nlohmann::json& message);
  void handle_message(Listener& listener, const nlohmann::json& message);
  void fetch_missed(Listener& listener);
  void acknowledge(Listener& listener, std::uint64_t id);
  void close_if_complete(std::uint64_t number);

  RunContext& context_;
  MeasurementLog& log_;
  std::string role_;
  std::string sender_name_;
  std::unique_ptr<ReconnectingSession> sender_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  SteadyTime start_{};
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, Open> open_;  // by the number that the body begins with
  std::vector<std::uint64_t> acknowledged_;
  ErrorCounts errors_;
  Pacer pacer_;
};

}  // namespace yardmaster::loadgen
