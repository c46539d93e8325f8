// Which of its messages an agent has been told of, so that it hears of the same ones once on each
// rung. What a hook does not confirm within the lease, it has not told: it may have been killed.
// A daemon that starts anew knows of none, and tells once more. Broker thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "coordinator/base/clock.h"
#include "coordinator/domain/instance.h"

namespace yardmaster {

// How an agent hears that it has messages.
enum class Rung {
  context,  // beside what it does anyway: its start, a prompt, a tool's result
  turn,     // at the end of its turn, which then goes on
  wake      // while it waits. What one of these two has told, no rung tells again
};

std::optional<Rung> rung_from(std::string_view text);

class Tellings {
 public:
  // An agent that is told at the end of one turn after the other hears no more of it then, and is
  // woken instead: Claude Code ends the ninth turn, whatever its hooks say.
  static constexpr unsigned most_turns = 7;

  Tellings(const Clock& clock, std::chrono::nanoseconds lease) : clock_(clock), lease_(lease) {}

  // Whether the agent is to be told on this rung of what it has not read, up to `newest`; counts as
  // done within the lease, and for good when it is confirmed. `again`: the turn that ends was
  // itself made by a hook. Who works is not woken.
  bool tell(const Instance& instance, Rung rung, std::uint64_t newest, bool again);
  void confirm(const Instance& instance);
  // It was told while it waited, in another way.
  void woke(const Instance& instance, std::uint64_t newest);
  // Returns whether `turn` or `wake` has told of all up to this one.
  bool has_woken(const Instance& instance, std::uint64_t newest) const;
  void forget(const Instance& instance) { told_.erase(instance.id); }

 private:
  struct Counts {
    std::uint64_t beside = 0;  // the newest message at that time
    std::uint64_t woken = 0;
    unsigned turns = 0;  // told at their ends, in a row
  };
  struct Told : Counts {
    std::optional<Counts> confirmed;  // while something is not
    SteadyTime lease_end{};
  };

  static void raise_both(Counts& counts, std::uint64_t newest);
  // Without what was not confirmed in time.
  const Counts& counts_of(const Told& told) const;
  // The same, for good.
  Told& settled(const Instance& instance);

  const Clock& clock_;
  const std::chrono::nanoseconds lease_;
  std::unordered_map<std::uint64_t, Told> told_;  // by the instance's id: a name comes again
};

}  // namespace yardmaster
