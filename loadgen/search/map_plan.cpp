#include "loadgen/search/map_plan.h"

#include <algorithm>

#include "coordinator/base/error.h"
#include "reports/statistics.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::seconds;

// The guess, two loads around it, three to bisect, one to confirm.
constexpr int steps_of_search = 7;
// One step takes this long for starting a coordinator and a database on fresh state, and removing
// them.
constexpr double overhead_of_step_s = 2;
// One search takes this long for measuring, once, what is added to an fsync.
constexpr double overhead_of_search_s = 2;

FsyncLatency parse_latency(const std::string& text) {
  try {
    return parse_fsync_latency(text == "0" ? "0ms" : text);
  } catch (const Error& error) {
    throw Error(ErrorCode::usage, std::string("--fsync-latencies: ") + error.what());
  }
}

}  // namespace

std::vector<FsyncLatency> parse_latencies(const std::vector<std::string>& texts) {
  std::vector<FsyncLatency> latencies;
  for (const auto& text : texts) {
    const FsyncLatency latency = parse_latency(text);
    if (std::find(latencies.begin(), latencies.end(), latency) != latencies.end()) {
      throw Error(ErrorCode::usage, "--fsync-latencies: names " + text + " twice");
    }
    latencies.push_back(latency);
  }
  return latencies;
}

std::vector<MapCell> map_cells(const std::vector<std::string>& stores,
                               const std::vector<std::string>& durabilities,
                               std::vector<FsyncLatency> latencies) {
  std::stable_sort(
      latencies.begin(), latencies.end(),
      [](const FsyncLatency& a, const FsyncLatency& b) { return a.median() < b.median(); });
  std::vector<MapCell> cells;
  for (const auto& durability : durabilities) {
    for (const auto& store : stores) {
      for (const auto& latency : latencies) cells.push_back({store, durability, latency});
    }
  }
  return cells;
}

std::uint64_t first_load(const reports::CapacityMap& map, const MapCell& cell,
                         const SearchRange& range) {
  const double added_ms = static_cast<double>(cell.latency.median().count()) / 1e6;
  const reports::CapacityCell* nearest = nullptr;
  const auto nearness = [&](const reports::CapacityCell& other) {
    return 2 * (other.store == cell.store) + (other.durability == cell.durability);
  };
  for (const auto& other : map.cells) {
    if (other.fsync_added_ms > added_ms) continue;
    const bool nearer =
        nearest == nullptr || nearness(other) > nearness(*nearest) ||
        (nearness(other) == nearness(*nearest) && other.fsync_added_ms > nearest->fsync_added_ms);
    if (nearer) nearest = &other;
  }
  const std::uint64_t guess = nearest == nullptr ? range.first : nearest->capacity.holds;
  return std::clamp(guess, range.least, range.most);
}

MapEstimate estimate(const SearchPlan& plan, std::size_t cells) {
  const auto in_seconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  const double longest_s = in_seconds(plan.load.longest());
  const double first_look = plan.load.duration ? 1 : reports::planned_looks().front().fraction;
  const double fixed_s = overhead_of_step_s + in_seconds(plan.load.warmup);
  const double few_s = fixed_s + first_look * in_seconds(plan.step(plan.range.first).longest());
  const auto all = [&](double measured_s, double else_s) {
    const double search_s = steps_of_search * (fixed_s + measured_s) + else_s;
    return seconds(static_cast<std::int64_t>(search_s * static_cast<double>(cells)));
  };
  return {.shortest = all(longest_s * first_look, overhead_of_search_s),
          .longest = all(longest_s, overhead_of_search_s + few_s)};
}

}  // namespace yardmaster::loadgen
