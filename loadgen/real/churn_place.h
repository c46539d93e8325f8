// A place that one real instance after another takes while they churn: what it is now, and its
// agent's process, watched. The generator's thread.
#pragma once

#include <optional>
#include <string>

#include "coordinator/base/unique_fd.h"
#include "coordinator/client/event_loop.h"
#include "loadgen/measure/measurement_log.h"
#include "loadgen/real/churn_turns.h"
#include "loadgen/real/outside_view.h"

namespace yardmaster::loadgen {

enum class PlaceState {
  starting,  // asked for
  living,
  dying,     // ended, and not gone yet
  checking,  // gone: what it left is looked for
  free,      // and nobody is to follow
};

class ChurnPlace final : private EventHandler {
 public:
  ChurnPlace(EventLoop& loop, std::string first_name) : name(std::move(first_name)), loop_(loop) {}
  ~ChurnPlace() { forget_agent(); }
  ChurnPlace(const ChurnPlace&) = delete;
  ChurnPlace& operator=(const ChurnPlace&) = delete;

  // The agent that runs; nothing to watch when it has ended already.
  void watch_agent(pid_t pid);
  void forget_agent();
  void kill_agent() const;
  // Returns when the agent's end was seen.
  std::optional<SteadyTime> agent_ended_at() const { return ended_at_; }

  std::string name;
  PlaceState state = PlaceState::starting;
  ChurnTurn turn;
  InstanceTraces traces;

  struct Ending {
    MeasurementLog* log = nullptr;
    std::uint64_t sample = 0;
    Offset intended{};
    Offset began{};
  };
  Ending ending;

 private:
  void on_ready(std::uint32_t events) override;

  EventLoop& loop_;
  UniqueFd process_;
  std::optional<SteadyTime> ended_at_;
};

}  // namespace yardmaster::loadgen
