#include "loadgen/measure/heat_counter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace yardmaster::loadgen {
namespace {

using reports::HeatMap;

// Returns the upper ends of all rows but the last, which has none.
const std::vector<std::chrono::nanoseconds>& upper_ends() {
  static const std::vector<std::chrono::nanoseconds> ends = [] {
    std::vector<std::chrono::nanoseconds> all;
    for (unsigned row = 1; row < HeatMap::rows; ++row) {
      const double ms =
          HeatMap::lowest_ms * std::pow(10.0, static_cast<double>(row) / HeatMap::per_decade);
      all.emplace_back(std::llround(ms * 1e6));
    }
    return all;
  }();
  return ends;
}

}  // namespace

void HeatCounter::add(const std::string& measurement, const metrics::Histogram& values) {
  auto& open = open_[measurement];
  open.resize(HeatMap::rows);
  std::uint64_t below = 0;
  std::size_t row = 0;
  for (const std::uint64_t up_to : values.counts_up_to(upper_ends())) {
    open[row++] += up_to - below;
    below = up_to;
  }
  open[row] += values.count() - below;
}

void HeatCounter::end_column() {
  if (++seconds_ < seconds_in_column_) return;
  seconds_ = 0;
  for (auto& [name, counts] : open_) {
    map_.columns[name].push_back(column_of(counts));
    std::fill(counts.begin(), counts.end(), 0);
  }
  const bool is_full = std::any_of(map_.columns.begin(), map_.columns.end(), [](const auto& each) {
    return each.second.size() >= most_columns;
  });
  if (is_full) join();
}

void HeatCounter::finish() {
  if (seconds_ == 0) return;
  seconds_ = seconds_in_column_ - 1;
  end_column();
}

void HeatCounter::join() {
  for (auto& [name, columns] : map_.columns) {
    std::vector<Column> joined;
    for (std::size_t i = 0; i < columns.size(); i += 2) {
      std::vector<std::uint64_t> counts(HeatMap::rows);
      add_to(counts, columns[i]);
      if (i + 1 < columns.size()) add_to(counts, columns[i + 1]);
      joined.push_back(column_of(counts));
    }
    columns = std::move(joined);
  }
  seconds_in_column_ *= 2;
  map_.column_s *= 2;
}

HeatCounter::Column HeatCounter::column_of(const std::vector<std::uint64_t>& counts) {
  const auto is_some = [](std::uint64_t count) { return count > 0; };
  const auto first = std::find_if(counts.begin(), counts.end(), is_some);
  const auto last = std::find_if(counts.rbegin(), counts.rend(), is_some).base();
  if (first == counts.end()) return {};
  return {.lowest_row = static_cast<unsigned>(first - counts.begin()), .counts = {first, last}};
}

void HeatCounter::add_to(std::vector<std::uint64_t>& counts, const Column& column) {
  for (std::size_t i = 0; i < column.counts.size(); ++i) {
    counts[column.lowest_row + i] += column.counts[i];
  }
}

}  // namespace yardmaster::loadgen
