// The load that everything is about: N instances, each on a connection of its own, that write in
// an open loop by the schedule (or, with closed_loop, one write after another). They have a loop of
// their own, so that nothing else holds them up: see WriteSender, whose thread runs it.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "loadgen/plan/schedule.h"
#include "loadgen/workloads/workload.h"
#include "loadgen/workloads/writer.h"

namespace yardmaster::loadgen {

class Writes final : public Workload, private WriterHost {
 public:
  // Connects all instances, which `allocations` are the coordinator's answers of.
  Writes(const RunContext& context, EventLoop& loop, const std::vector<nlohmann::json>& allocations,
         MeasurementLog& log);

  void end_at(Offset end) override { end_ = end; }
  void start(SteadyTime start) override;
  void stop() override;
  bool idle() const override { return open_ == 0; }
  void count_errors(ErrorCounts& errors) const override;

  // Sends what is due; called in every turn of the loop.
  void send_due();
  // Returns when the next write is due; far away when there is none.
  SteadyTime next_due() const;

  std::uint64_t sent() const { return sent_; }
  const std::deque<Writer>& writers() const { return writers_; }
  const Payload& payload() const { return payload_; }

 private:
  Offset now() const override { return std::chrono::steady_clock::now() - start_; }
  void on_acknowledged(Writer& writer, std::uint64_t sample, Offset intended, Offset sent) override;
  void on_refused(Writer& writer, std::string_view code) override;
  void on_lost(Writer& writer) override;
  void send_one(Writer& writer, Offset intended);
  void repair_after(std::chrono::milliseconds pause);
  void repair();
  std::size_t reconnect();

  const LoadPlan& plan_;
  EventLoop& loop_;
  MeasurementLog& log_;
  Payload payload_;
  AppendTemplate request_;
  Schedule schedule_;
  std::deque<Writer> writers_;
  SteadyTime start_{};
  Offset end_ = Offset::max();
  bool started_ = false;
  bool stopped_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t open_ = 0;  // not acknowledged
  std::string frame_;
  ErrorCounts errors_;
  std::set<std::uint32_t> lost_;        // to connect again
  std::vector<std::uint32_t> refused_;  // to send again
  bool repair_is_due_ = false;
  std::chrono::milliseconds pause_{10};
};

}  // namespace yardmaster::loadgen
