#include "reports/side_by_side.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "coordinator/base/duration.h"
#include "reports/figure_text.h"

namespace yardmaster::reports {
namespace {

constexpr std::array<const char*, 2> compared_stores{"sqlite", "postgres"};

struct FigureRow {
  const char* measurement;
  const char* title;
  double metrics::Quantiles::*quantile;
};
constexpr std::array<FigureRow, 10> rows{{
    {"write", "write P50", &metrics::Quantiles::p50},
    {"write", "write P99", &metrics::Quantiles::p99},
    {"write", "write P99.9", &metrics::Quantiles::p999},
    {"commit", "commit P99", &metrics::Quantiles::p99},
    {"commit_in_checkpoint", "commit in checkpoint P99", &metrics::Quantiles::p99},
    {"checkpoint", "checkpoint P99", &metrics::Quantiles::p99},
    {"handoff", "handoff P99", &metrics::Quantiles::p99},
    {"broadcast", "broadcast P99", &metrics::Quantiles::p99},
    {"cleanup", "cleanup P99", &metrics::Quantiles::p99},
    {"websocket_rtt", "WebSocket P99", &metrics::Quantiles::p99},
}};

// Runs stand in one group of rows when this is equal.
using SizeAndStore =
    std::pair<std::uint64_t, std::string>;  // instances, what is special about the store

SizeAndStore load_of(const Run& run) {
  const bool usual = run.checkpoint_policy == "adaptive" || run.checkpoint_policy == "server";
  return {run.instances, usual ? "" : " " + run.checkpoint_policy};
}

std::vector<double> figures_of(const std::vector<Run>& runs, const SizeAndStore& load,
                               std::string_view store, const FigureRow& row) {
  std::vector<double> figures;
  for (const Run& run : runs) {
    if (run.store != store || load_of(run) != load) continue;
    const auto found = run.measurements.find(row.measurement);
    if (found != run.measurements.end() && found->second.count > 0) {
      figures.push_back(found->second.latency_ms.*row.quantile);
    }
  }
  std::sort(figures.begin(), figures.end());
  return figures;
}

std::string cell(const std::vector<double>& figures) {
  if (figures.empty()) return "-";
  std::string middle = milliseconds(figures[figures.size() / 2]);
  if (figures.size() == 1) return middle;
  return middle + " (" + milliseconds(figures.front()) + "-" + milliseconds(figures.back()) + ")";
}

std::string ratio(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.empty() || b.empty() || a[a.size() / 2] <= 0) return "-";
  return decimals(b[b.size() / 2] / a[a.size() / 2], 2);
}

}  // namespace

bool compares_stores(const std::vector<Run>& runs) {
  std::set<std::string> names;
  for (const Run& run : runs) names.insert(run.store);
  return names.size() > 1;
}

std::string side_by_side_title(const std::vector<Run>& runs) {
  int pairs = 0;
  std::set<std::string> durabilities;
  for (const Run& run : runs) {
    pairs = std::max(pairs, run.pair);
    durabilities.insert(run.durability);
  }
  std::string title =
      "side by side, medians of " + std::to_string(pairs) + " interleaved pairs in ms";
  for (const std::string& durability : durabilities) title += ", " + durability + " durability";
  return title;
}

TextTable side_by_side_table(const std::vector<Run>& runs) {
  TextTable table(
      {{"instances"}, {"measurement", Align::left}, {"sqlite"}, {"postgres"}, {"ratio"}});
  std::set<SizeAndStore> loads;
  for (const Run& run : runs) loads.insert(load_of(run));
  for (const SizeAndStore& load : loads) {
    for (const FigureRow& row : rows) {
      const auto a = figures_of(runs, load, compared_stores[0], row);
      const auto b = figures_of(runs, load, compared_stores[1], row);
      if (a.empty() && b.empty()) continue;
      const bool comparable = std::string_view(row.measurement) != "checkpoint";
      table.add({grouped(load.first) + load.second, row.title, cell(a), cell(b),
                 comparable ? ratio(a, b) : "-"});
    }
  }
  return table;
}

std::string decision_line(const DecisionSummary& summary) {
  const bool undecided = summary.store == "undecided";
  const std::string standing = summary.agrees ? ", as on record"
                               : undecided    ? " (on record: " + summary.recorded + ")"
                                           : ", which contradicts the record, " + summary.recorded;
  return "decision: " + summary.store + standing + ": " + summary.reason;
}

TextTable figure_table(const std::vector<Figure>& figures) {
  TextTable table({{"store", Align::left},
                   {"instances"},
                   {"target", Align::left},
                   {"limit"},
                   {"measured, ms"},
                   {"over the limit"},
                   {"verdict", Align::left}});
  for (const Figure& figure : figures) {
    const std::string policy =
        figure.checkpoint_policy.empty() ? "" : ", " + figure.checkpoint_policy + " checkpoints";
    table.add({figure.store + policy, grouped(figure.instances), target_name(figure.target),
               format_duration(figure.target.limit),
               figure.count == 0 ? "-" : milliseconds(figure.quantile_ms),
               grouped(figure.over_limit) + " of " + grouped(figure.count),
               std::string(to_string(figure.verdict))});
  }
  return table;
}

}  // namespace yardmaster::reports
