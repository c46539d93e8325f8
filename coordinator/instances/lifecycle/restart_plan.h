// When a persistent instance is started again after a death, and when it is given up. Pure, any
// thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "coordinator/base/clock.h"
#include "coordinator/domain/instance.h"

namespace yardmaster {

struct RestartLimit {
  std::uint64_t restarts = 0;         // that may follow deaths within the window
  std::chrono::nanoseconds window{};  // deaths that are longer ago are forgotten
};

// Notes a death at `now`: the next start follows after 1 s, and after twice as long for each
// earlier death within the window, up to 60 s; or it is given up, with why.
void plan_restart(WantedInstance& wanted, WallTime now, const RestartLimit& limit);

}  // namespace yardmaster
