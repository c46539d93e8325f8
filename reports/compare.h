// Compares two reports: the change of each measurement's P99 and whether it is significant. The
// method stands in reports/README.md. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace yardmaster::reports {

enum class Trend {
  unchanged,  // not shown to be outside the margin
  slower,
  faster,
  unknown,  // too few samples, in one report or both, for an interval
};
std::string_view to_string(Trend trend);

struct Change {
  std::string measurement;
  double before_ms = 0;  // P99
  double after_ms = 0;
  double ratio = 1;  // after / before, with its 95% confidence interval
  double ratio_low = 0;
  double ratio_high = 0;
  double p_value = 1;  // that the change is within the margin, corrected for all comparisons
  Trend trend = Trend::unknown;
};

struct RunComparison {
  std::string title;
  std::vector<Change> changes;
  std::vector<std::string> notes;  // conditions that differ, measurements that are missing
  bool lost_integrity = false;     // the audit was clean before and is not any more
};

struct Comparison {
  std::vector<RunComparison> runs;
  std::vector<std::string> notes;  // the machines differ, runs without a counterpart

  // Returns whether anything is significantly slower, or an audit is not clean any more.
  bool regression() const;
  // Whether an audit was clean and is not any more.
  bool lost_integrity() const;
};

struct CompareOptions {
  double alpha = 0.05;   // the chance that any change at all is called one wrongly
  double margin = 0.10;  // two runs of the same program differ by this much
};

// Runs are matched by their conditions, then the rest by their load alone. Throws Error{usage} when
// no run of one has a counterpart in the other.
Comparison compare(const Report& before, const Report& after, const CompareOptions& options = {});

// The text has at most 100 columns.
std::string to_terminal(const Comparison& comparison, bool colours);

}  // namespace yardmaster::reports
