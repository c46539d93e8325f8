// Counts a run's answers by second and latency, for the heat map of its report. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "metrics/histogram.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

class HeatCounter {
 public:
  // From this many on, columns are joined two by two, so that a long run's map stays small.
  static constexpr std::size_t most_columns = 240;

  // Adds what was answered since the last column.
  void add(const std::string& measurement, const metrics::Histogram& values);
  void end_column();
  // Takes in a column that is not full: the run is over.
  void finish();
  const reports::HeatMap& map() const { return map_; }

 private:
  using Column = reports::HeatMap::Column;

  void join();
  static Column column_of(const std::vector<std::uint64_t>& counts);
  static void add_to(std::vector<std::uint64_t>& counts, const Column& column);

  reports::HeatMap map_;
  // By measurement: the counts of the column that is not full yet, row by row.
  std::map<std::string, std::vector<std::uint64_t>> open_;
  std::size_t seconds_in_column_ = 1;
  std::size_t seconds_ = 0;  // of the open column
};

}  // namespace yardmaster::loadgen
