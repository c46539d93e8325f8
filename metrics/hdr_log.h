// Writes histograms as a HdrHistogram log (.hlog, format 1.3), which the existing viewers and
// processors open: a tag per measurement, times in seconds from the start of the run, the largest
// value of a line in milliseconds. One thread at a time; does not own the stream.
#pragma once

#include <chrono>
#include <ostream>
#include <string_view>

#include "coordinator/base/clock.h"
#include "metrics/histogram.h"

namespace yardmaster::metrics {

class HdrLogWriter {
 public:
  // Writes the header lines.
  HdrLogWriter(std::ostream& out, WallTime start);

  // One interval that began at `from` after the start and took `length`. The tag is a measurement's
  // name; commas and blanks in it become underscores, since they would end the column.
  void write(std::string_view tag, std::chrono::nanoseconds from, std::chrono::nanoseconds length,
             const Histogram& histogram);

 private:
  std::ostream& out_;
};

}  // namespace yardmaster::metrics
