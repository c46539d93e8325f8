#include "coordinator/instances/lifecycle/restart_plan.h"

#include <algorithm>
#include <string>

#include "coordinator/base/duration.h"

namespace yardmaster {
namespace {

constexpr auto longest_pause = std::chrono::seconds(60);

std::chrono::seconds pause_after(std::size_t earlier_deaths) {
  const auto doubled = std::chrono::seconds(1) * (1 << std::min<std::size_t>(earlier_deaths, 6));
  return std::min<std::chrono::seconds>(doubled, longest_pause);
}

}  // namespace

void plan_restart(WantedInstance& wanted, WallTime now, const RestartLimit& limit) {
  const auto window = std::chrono::duration_cast<std::chrono::microseconds>(limit.window);
  // A clock that was set back must not keep them for ever.
  std::erase_if(wanted.deaths,
                [&](WallTime death) { return death > now || now - death >= window; });
  const std::size_t earlier = wanted.deaths.size();
  wanted.deaths.push_back(now);
  if (earlier >= limit.restarts) {
    wanted.next_start = {};
    const std::string times = earlier == 0 ? "once" : std::to_string(earlier + 1) + " times";
    wanted.given_up = "it ended " + times + " within " + format_duration(limit.window);
    return;
  }
  wanted.next_start = now + pause_after(earlier);
}

}  // namespace yardmaster
