// Compares two sets of runs, each of one program or one choice of flags: between runs of the same
// program everything varies a little, which only several runs on each side can show. Pure, any
// thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "reports/compare.h"
#include "reports/report.h"

namespace yardmaster::reports {

// Fewer runs on a side do not tell what varies by itself.
inline constexpr std::size_t fewest_compared = 3;

// How one quantile of one measurement changed, tested by Welch's t-test on its logarithms.
struct SetChange {
  std::string measurement;
  std::string quantile;  // "P50", "P99"
  double before_ms = 0;  // geometric means
  double after_ms = 0;
  double ratio = 1;
  double p_value = 1;      // two-sided, corrected for all comparisons by Holm's method
  double least_ratio = 1;  // what would have been seen with a probability of 80%, uncorrected
  Trend trend = Trend::unknown;
};

struct SetComparison {
  std::string title;
  std::size_t before_runs = 0;
  std::size_t after_runs = 0;
  std::vector<SetChange> changes;
  bool lost_integrity = false;  // no audit found anything before, and one does now

  // Whether anything is significantly slower, or an audit is not clean any more.
  bool regression() const;
};

// Compares the runs with the same load. Throws Error{usage} when no load has at least three runs on
// both sides.
std::vector<SetComparison> compare_sets(std::span<const Report> before,
                                        std::span<const Report> after, double alpha = 0.05);

// At most 100 columns.
std::string to_terminal(const std::vector<SetComparison>& comparisons, bool colours);

}  // namespace yardmaster::reports
