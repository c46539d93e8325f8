// Carries out one plan without a coordinator: every instance is a process with its own connection
// to the database. This process writes nothing while they do: it keeps the schedule of all, puts
// what they measured in order, and audits the rows when they are gone.
#pragma once

#include <atomic>
#include <deque>
#include <string>
#include <vector>

#include "loadgen/direct/instance_memory.h"
#include "loadgen/direct/instance_processes.h"
#include "loadgen/direct/instance_schedule.h"
#include "loadgen/measure/measured_run.h"

namespace yardmaster::loadgen {

class DirectRun final : public MeasuredRun {
 public:
  // `database`: a file in a directory that is the run's own, or a PostgreSQL connection string.
  // `environment` ("NAME=value") is of the instances' processes alone.
  DirectRun(const LoadPlan& plan, const std::string& database,
            std::vector<std::string> environment);

  void execute() override;
  void stop_early() override { stop_now_ = true; }
  void abandon() override { abandoned_ = true; }
  double other_cpu_s() const override;
  std::vector<std::string> warnings() const override;
  std::optional<reports::Contention> contention() const override { return contention_; }

 private:
  // A write that an instance has not told of yet.
  struct Waiting {
    std::uint64_t sample = 0;
    Offset intended{};
  };

  void write_orders(const std::string& database);
  void prepare(InstanceProcesses& processes);
  void generate(InstanceProcesses& processes);
  void drain(InstanceProcesses& processes);
  // Waits until `done` holds or the deadline has passed; takes what was measured meanwhile.
  template <typename Done>
  bool work_until(InstanceProcesses& processes, SteadyTime deadline, Done done);
  void set_end(Offset end);
  // Begins the samples of all writes that are due before `until`.
  void begin_due(Offset until);
  void take_samples();
  void take_write(std::uint32_t instance, const InstanceSample& sample);
  void take_checkpoints();
  void count_contention(const InstanceSample& sample);
  void count_errors();
  void run_audit();

  std::vector<std::string> environment_;
  InstanceMemory memory_;
  MergedSchedule schedule_;
  std::vector<std::deque<Waiting>> waiting_;  // per instance, in order
  std::vector<InstanceSample> checkpoints_;   // taken from the rings, not in order
  Offset end_{};
  reports::Contention contention_;
  std::uint64_t refused_checkpoints_ = 0;
  std::atomic<bool> stop_now_{false};
  std::atomic<bool> abandoned_{false};
};

}  // namespace yardmaster::loadgen
