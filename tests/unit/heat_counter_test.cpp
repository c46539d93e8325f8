// The heat map of a run, which stays small however long the run is.
#include "loadgen/measure/heat_counter.h"

#include <chrono>
#include <numeric>

#include <gtest/gtest.h>

#include "loadgen/plan/command_text.h"

namespace yardmaster::loadgen {
namespace {

using namespace std::chrono_literals;

metrics::Histogram values(std::initializer_list<std::chrono::nanoseconds> list) {
  metrics::Histogram histogram;
  for (const auto value : list) histogram.record(value);
  return histogram;
}

std::uint64_t sum_of(const reports::HeatMap& map) {
  std::uint64_t sum = 0;
  for (const auto& column : map.columns.at("write")) {
    sum += std::accumulate(column.counts.begin(), column.counts.end(), std::uint64_t{0});
  }
  return sum;
}

// Row 8 · log10(latency / 1 µs): 1.5 µs is in row 1, 1 ms in row 23 or 24, an hour in the last.
TEST(HeatCounterTest, counts_by_second_and_latency) {
  HeatCounter counter;
  counter.add("write", values({1500ns, 1500ns, 100ns}));
  counter.end_column();
  counter.end_column();
  counter.add("write", values({1h}));
  counter.end_column();
  const auto& columns = counter.map().columns.at("write");
  ASSERT_EQ(columns.size(), 3U);
  EXPECT_EQ(columns[0].lowest_row, 0U);
  EXPECT_EQ(columns[0].counts, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(columns[1].counts.empty());
  EXPECT_EQ(columns[2].lowest_row, reports::HeatMap::rows - 1);
}

TEST(HeatCounterTest, joins_columns_of_long_runs_and_loses_none) {
  HeatCounter counter;
  for (int second = 0; second < 1001; ++second) {
    counter.add("write", values({1ms, 20ms}));
    counter.end_column();
  }
  counter.finish();
  EXPECT_LE(counter.map().columns.at("write").size(), HeatCounter::most_columns);
  EXPECT_EQ(counter.map().column_s, 8);
  EXPECT_EQ(sum_of(counter.map()), 2002U);
}

TEST(HistogramCountsTest, agree_with_counting_above_each_limit) {
  const auto histogram = values({10ns, 1us, 1ms, 5ms, 2h});
  const std::vector<std::chrono::nanoseconds> limits{-1ns, 0ns, 10ns, 999ns, 1ms, 6ms, 1h, 3h};
  const auto counts = histogram.counts_up_to(limits);
  for (std::size_t i = 0; i < limits.size(); ++i) {
    EXPECT_EQ(counts[i], histogram.count() - histogram.count_above(limits[i])) << i;
  }
}

TEST(CommandTextTest, repeats_the_run_and_keeps_passwords) {
  EXPECT_EQ(command_text({"--instances", "25", "--scenario", "my load.json"}),
            "loadgen --instances 25 --scenario 'my load.json'");
  for (const auto& words : {std::vector<std::string>{"--postgres", "host=a password=secret"},
                            std::vector<std::string>{"--postgres=postgresql://me:secret@host/db"},
                            std::vector<std::string>{"--pushgateway", "http://me:secret@host"}}) {
    EXPECT_EQ(command_text(words).find("secret"), std::string::npos) << command_text(words);
  }
}

}  // namespace
}  // namespace yardmaster::loadgen
