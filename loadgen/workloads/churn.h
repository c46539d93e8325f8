// Instances that die: each registers a small child process, which is really killed at the scheduled
// time. Latency runs from that time to the `gone` event, which says that the last trace is gone.
// A new instance takes the place of each.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/workloads/child_nursery.h"
#include "loadgen/workloads/pacer.h"
#include "loadgen/workloads/workload.h"

namespace yardmaster::loadgen {

class Churn final : public TurnoverWorkload, private EventHandler {
 public:
  // Allocates the first instances.
  Churn(RunContext& context, const ChildNursery& nursery, MeasurementLog& log);
  ~Churn() override;
  Churn(const Churn&) = delete;
  Churn& operator=(const Churn&) = delete;

  void end_at(Offset end) override { pacer_.end_at(end); }
  void start(SteadyTime start) override;
  void stop() override { pacer_.stop(); }
  bool idle() const override { return dying_.empty() && due_.empty(); }
  void count_errors(ErrorCounts& errors) const override;

  void on_gone(const std::string& instance) override;
  std::vector<std::string> living() const override;
  void look_up_dying() override;

 private:
  struct Living {
    std::string name;
    pid_t pid = 0;
  };
  struct Death {
    Offset intended{};
    std::uint64_t sample = 0;
    Offset killed_at{};
  };

  void on_ready(std::uint32_t events) override;
  void allocate(pid_t pid);
  void ask_later();
  Offset now() const { return std::chrono::steady_clock::now() - start_; }
  void begin(Offset intended);
  void kill_if_due();

  RunContext& context_;
  const ChildNursery& nursery_;
  MeasurementLog& log_;
  SteadyTime start_{};
  std::uint64_t born_ = 0;
  EventLoop::TimerId asking_timer_{};
  std::uint64_t wanted_ = 0;  // to be asked for when that timer fires
  bool asking_later_ = false;
  std::optional<AsyncReply> refusal_;  // the latest allocation's
  std::deque<Living> living_;
  std::deque<Death> due_;  // that wait for an instance
  std::map<std::string, Death> dying_;
  ErrorCounts errors_;
  Pacer pacer_;
};

}  // namespace yardmaster::loadgen
