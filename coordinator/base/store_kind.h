// The engines that can hold the state, and what is known of one without asking it. Whoever chooses
// an engine, names one or behaves differently on one reads it here. Any thread.
//
// A new engine begins with its value and its row below. What else it takes: its driver
// (open_database), its databases for measurements (loadgen/databases) and its part in the decision
// (reports/).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yardmaster {

enum class StoreKind { sqlite, postgres };

struct StoreTraits {
  StoreKind kind;
  std::string_view name;   // in configurations, on command lines, on the wire and in reports
  std::string_view title;  // in sentences
  // It is a program of its own, which looks after its files and takes its own checkpoints;
  // otherwise it is a file that the coordinator writes.
  bool has_server;
};

inline constexpr std::array<StoreTraits, 2> all_stores{{
    {StoreKind::sqlite, "sqlite", "SQLite", false},
    {StoreKind::postgres, "postgres", "PostgreSQL", true},
}};

constexpr const StoreTraits& traits_of(StoreKind kind) {
  return all_stores[static_cast<std::size_t>(kind)];
}

constexpr std::string_view to_string(StoreKind kind) { return traits_of(kind).name; }

constexpr std::optional<StoreKind> store_kind_from(std::string_view name) {
  for (const StoreTraits& store : all_stores) {
    if (store.name == name) return store.kind;
  }
  return std::nullopt;
}

// Of all engines, in the order of the enumeration.
std::vector<std::string> store_names();
// "sqlite or postgres"
std::string store_choice();

// The one that the programs take when nobody names one (reports/decision.json).
static_assert(store_kind_from(YARDMASTER_DEFAULT_STORE).has_value());
inline constexpr StoreKind default_store = store_kind_from(YARDMASTER_DEFAULT_STORE).value();

}  // namespace yardmaster
