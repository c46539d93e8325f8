// A capacity map says how many instances each store carries by how slow the disk is: the results of
// capacity searches side by side, as a record that is read back, and as Markdown. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/capacity.h"
#include "reports/report.h"

namespace yardmaster::reports {

// All searches of a map have these in common; others are not comparable.
struct MapParameters {
  std::string version;                 // loadgen's
  std::vector<std::string> slo;        // "write_p99=30ms"
  std::vector<std::string> workloads;  // "writes" …
  std::string arrivals;
  double interval_ms = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t seed = 0;
  std::string checkpoint_policy;
  std::string step;  // length of one, in words: "up to 8s"
  double warmup_s = 0;
  std::uint64_t asked = 25;  // the load that the decision is about
  std::uint64_t least = 10;
  std::uint64_t most = 4000;
};

// A cell is the result of one search.
struct CapacityCell {
  std::string store;
  std::string durability;
  std::string fsync_latency = "0ms";  // added to each fsync
  double fsync_added_ms = 0;          // its median
  double took_s = 0;                  // the whole search
  Capacity capacity;

  bool is_for(std::string_view of_store, std::string_view of_durability,
              std::string_view of_latency) const {
    return store == of_store && durability == of_durability && fsync_latency == of_latency;
  }
};

struct CapacityMap {
  MapParameters parameters;
  Environment machine;
  std::string date;  // YYYY-MM-DD, of the last search
  std::vector<CapacityCell> cells;

  const CapacityCell* find(std::string_view store, std::string_view durability,
                           std::string_view latency) const;
};

// Returns why cells of one cannot stand beside those of the other: the parameter or the part of the
// machine that differs. Returns nothing when they can.
std::optional<std::string> why_not_the_same(const CapacityMap& before, const CapacityMap& now);

// Returns whether a load holds, taking for granted that a store that holds a load holds every
// lesser one. Returns nothing within a bracket and beyond the most that was tried.
std::optional<bool> holds(const Capacity& capacity, std::uint64_t instances);

// Returns which store is enough: "sqlite", "postgres" if only that one holds the load, or
// "neither"; empty where that is not known.
std::string enough_for(const CapacityMap& map, std::string_view durability,
                       std::string_view latency, std::uint64_t instances);

std::string to_json(const CapacityMap& map);
// Throws Error{usage} with the path of the bad field.
CapacityMap map_from_json(std::string_view text);

// The bracket in a few characters: "2,900 to 3,100", "≥ 4,000", "< 10".
std::string bracket_of(const Capacity& capacity);
std::string to_markdown(const CapacityMap& map);

}  // namespace yardmaster::reports
