// The history of a load over many reports: when did what it measures change? Change points are
// found by E-divisive means (Matteson and James 2014) with a permutation test. Pure, any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "reports/report.h"

namespace yardmaster::reports {

struct NamedReport {
  std::string name;
  Report report;
};

// One quantile of one measurement is different from `since` on.
struct HistoryChange {
  std::string load;
  std::string measurement;
  std::string quantile;  // "P50", "P99"
  std::string since;     // the name of the first report after the change
  double before_ms = 0;  // geometric means of the stretches on both sides
  double after_ms = 0;
};

struct History {
  std::size_t series = 0;  // how many there are: measurements by load and quantile
  std::vector<HistoryChange> changes;
};

// Returns where the values change, as the indices of the first value after each change, rising.
// Neighbouring changes are at least three values apart. The same values give the same answer.
std::vector<std::size_t> change_points(std::span<const double> values);

// The reports stand in the order of their time.
History history_of(std::span<const NamedReport> reports);

// At most 100 columns.
std::string to_terminal(const History& history);

}  // namespace yardmaster::reports
