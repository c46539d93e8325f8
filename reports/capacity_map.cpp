#include "reports/capacity_map.h"

#include <algorithm>
#include <compare>

#include "reports/figure_text.h"
#include "reports/run_text.h"
#include "reports/text_table.h"

namespace yardmaster::reports {
namespace {

constexpr const char* how_to_read =
    "Each cell is the bracket that a search ended with: the load before \"to\" holds, and was "
    "confirmed by a second run, the one after it does not; ≥ stands where the search was not to "
    "go further, < where not even the least load holds. A load that stays inconclusive does not "
    "hold.";

// The map has a row for each of these, by durability, then from the fastest disk to the slowest.
struct CellRow {
  std::string durability;
  double added_ms = 0;
  std::string latency;

  auto operator<=>(const CellRow&) const = default;
};

std::vector<CellRow> rows_of(const CapacityMap& map) {
  std::vector<CellRow> rows;
  rows.reserve(map.cells.size());
  for (const CapacityCell& cell : map.cells) {
    rows.push_back({cell.durability, cell.fsync_added_ms, cell.fsync_latency});
  }
  // "process" after "power" by the alphabet, before it by how much it asks of the disk.
  std::sort(rows.begin(), rows.end(), [](const CellRow& a, const CellRow& b) {
    if (a.durability != b.durability) return a.durability > b.durability;
    return a < b;
  });
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

std::string cell_text(const CapacityCell* cell) {
  return cell == nullptr ? "-" : bracket_of(cell->capacity);
}

std::string list_of(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string load_text(const MapParameters& parameters) {
  return list_of(parameters.workloads) + ", each instance every " +
         milliseconds(parameters.interval_ms) + " ms, " + parameters.arrivals + ", " +
         grouped(parameters.payload_bytes) + " bytes; from " + grouped(parameters.least) + " to " +
         grouped(parameters.most) + " instances; steps of " + parameters.step;
}

}  // namespace

const CapacityCell* CapacityMap::find(std::string_view store, std::string_view durability,
                                      std::string_view latency) const {
  for (const CapacityCell& cell : cells) {
    if (cell.is_for(store, durability, latency)) return &cell;
  }
  return nullptr;
}

std::optional<bool> holds(const Capacity& capacity, std::uint64_t instances) {
  if (capacity.holds >= instances) return true;
  if (capacity.not_held && *capacity.not_held <= instances) return false;
  return std::nullopt;
}

std::string enough_for(const CapacityMap& map, std::string_view durability,
                       std::string_view latency, std::uint64_t instances) {
  const auto holds_on = [&](std::string_view store) -> std::optional<bool> {
    const CapacityCell* const cell = map.find(store, durability, latency);
    return cell == nullptr ? std::nullopt : holds(cell->capacity, instances);
  };
  const auto sqlite = holds_on("sqlite");
  const auto postgres = holds_on("postgres");
  if (sqlite == true) return "sqlite";
  if (!sqlite || !postgres) return "";
  return *postgres ? "postgres" : "neither";
}

std::string bracket_of(const Capacity& capacity) {
  if (capacity.holds > 0) {
    const std::string low = grouped(capacity.holds);
    return capacity.not_held ? low + " to " + grouped(*capacity.not_held) : "≥ " + low;
  }
  return capacity.not_held ? "< " + grouped(*capacity.not_held) : std::string("-");
}

std::string to_markdown(const CapacityMap& map) {
  const MapParameters& parameters = map.parameters;
  TextTable table({{"durability", Align::left},
                   {"added to each fsync"},
                   {"SQLite holds"},
                   {"PostgreSQL holds"},
                   {"enough for " + grouped(parameters.asked), Align::left}});
  for (const CellRow& row : rows_of(map)) {
    const std::string enough = enough_for(map, row.durability, row.latency, parameters.asked);
    table.add({row.durability, row.latency,
               cell_text(map.find("sqlite", row.durability, row.latency)),
               cell_text(map.find("postgres", row.durability, row.latency)),
               enough.empty() ? "-" : enough});
  }
  return "# How many instances hold " + list_of(parameters.slo) + "\n\n" + table.markdown() + "\n" +
         how_to_read + "\n\n- " + load_text(parameters) + "\n- " + machine_of(map.machine) +
         "\n- " + software_of(map.machine) + ", yardmaster " + parameters.version + ", " +
         map.date + "\n";
}

}  // namespace yardmaster::reports
