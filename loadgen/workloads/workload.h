// One kind of load of a run. Everything happens on one thread, that of its loop: the constructor
// prepares (allocates, connects), start() begins, stop() begins nothing more, and when idle() the
// run is over for this one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/client/event_loop.h"
#include "loadgen/measure/measurement_log.h"
#include "loadgen/plan/load_plan.h"
#include "loadgen/plan/schedule.h"
#include "loadgen/workloads/reconnecting_session.h"

namespace yardmaster::loadgen {

class RealContext;

class Workload {
 public:
  virtual ~Workload() = default;

  // Nothing is due at `end` or later: before start(), and again to end sooner.
  virtual void end_at(Offset end) = 0;
  virtual void start(SteadyTime start) = 0;
  // Begins what was due before the end and has not begun; nothing more from here on.
  virtual void stop() = 0;
  virtual bool idle() const = 0;
  // Adds what went wrong to `errors`.
  virtual void count_errors(ErrorCounts& errors) const = 0;
};

// The instances of such a workload come and go while it runs.
class TurnoverWorkload : public Workload {
 public:
  // Is called for the event `gone`.
  virtual void on_gone(const std::string& instance) = 0;
  // Is called after a reconnection, since events may have been missed.
  virtual void look_up_dying() = 0;
  // Returns the instances that are there now, to be released at the end.
  virtual std::vector<std::string> living() const = 0;
  // The run ends: what was due and has not begun counts as never answered.
  virtual void give_up() {}
};

// The context is shared by the workloads of a run and outlives them.
struct RunContext {
  EventLoop& loop;
  ReconnectingSession& control;  // over broker.sock
  const LoadPlan& plan;
  std::string prefix;                // begins all names of this run
  std::vector<std::string> created;  // instances to release at the end
  RealContext* real = nullptr;       // set in a run with real instances
  // Gives the arguments of allocate_instance for one of the run's own instances.
  std::function<nlohmann::json(const std::string& name)> request_for;

  // Allocates one instance, a simulated one, and gives back the data of the reply; waits for it.
  nlohmann::json allocate(const std::string& name, const std::string& role);
  // Allocates those that the run is about, and waits for them.
  std::vector<nlohmann::json> allocate_instances();
  // Asks which of these are gone, and tells.
  void look_up(const std::vector<std::string>& dying,
               const std::function<void(const std::string&)>& on_gone);
  // Returns when a workload that runs beside the writes begins its requests.
  ScatteredRate rate_of(std::string_view workload, double per_second) const {
    return {per_second, plan.seed, workload};
  }
  std::string name(std::string_view kind, std::uint64_t number) const {
    return prefix + "-" + std::string(kind) + std::to_string(number);
  }
  // Returns where an instance talks to the daemon: its own socket if it has one.
  std::string socket_of(const nlohmann::json& allocation) const;
};

}  // namespace yardmaster::loadgen
