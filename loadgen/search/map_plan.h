// The plan of a map says which searches make it, in which order, where each begins, and how long
// all of them take. Pure, any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "loadgen/databases/fsync_latency.h"
#include "loadgen/search/search_plan.h"
#include "reports/capacity_map.h"

namespace yardmaster::loadgen {

struct MapCell {
  std::string store;
  std::string durability;
  FsyncLatency latency;
};

// "0", "5ms" … as in --fsync-latencies. Throws Error{usage}, also for one that is named twice.
std::vector<FsyncLatency> parse_latencies(const std::vector<std::string>& texts);

// Orders each store and durability from the fastest disk to the slowest, so that an answer is a
// good guess for the next.
std::vector<MapCell> map_cells(const std::vector<std::string>& stores,
                               const std::vector<std::string>& durabilities,
                               std::vector<FsyncLatency> latencies);

// Returns where the search for a cell begins: at the answer of the nearest cell that was measured,
// that is of the same store and durability on the next faster disk, else of another durability or
// store. Without any it is the range's own first load.
std::uint64_t first_load(const reports::CapacityMap& map, const MapCell& cell,
                         const SearchRange& range);

struct MapEstimate {
  std::chrono::seconds shortest{};
  std::chrono::seconds longest{};
};
// Estimates the time of so many searches. The steps of one are taken as what a search from a good
// guess needs, the longest with one more at the first load.
MapEstimate estimate(const SearchPlan& plan, std::size_t cells);

}  // namespace yardmaster::loadgen
