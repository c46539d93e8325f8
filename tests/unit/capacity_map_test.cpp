// The map: its order and guesses, its record, and the table that people read.
#include "reports/capacity_map.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "loadgen/search/map_plan.h"
#include "tests/unit/sample_report.h"

namespace yardmaster {
namespace {

using loadgen::MapCell;
using loadgen::parse_latencies;
using reports::CapacityCell;
using reports::CapacityMap;
using reports::SearchEnd;
using reports::Verdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

CapacityCell cell(const std::string& store, const std::string& durability, int added_ms,
                  std::uint64_t holds, std::optional<std::uint64_t> not_held) {
  CapacityCell made;
  made.store = store;
  made.durability = durability;
  made.fsync_latency = std::to_string(added_ms) + "ms";
  made.fsync_added_ms = added_ms;
  made.took_s = 12.5;
  made.capacity.holds = holds;
  made.capacity.not_held = not_held;
  made.capacity.confirmed = holds > 0;
  made.capacity.end = holds == 0 ? SearchEnd::nothing_holds
                      : not_held ? SearchEnd::bracketed
                                 : SearchEnd::most;
  return made;
}

CapacityMap sample_map() {
  CapacityMap map;
  map.parameters.version = "0.1.0";
  map.parameters.slo = {"write_p99=30ms"};
  map.parameters.workloads = {"writes"};
  map.parameters.arrivals = "staggered";
  map.parameters.interval_ms = 250;
  map.parameters.payload_bytes = 256;
  map.parameters.step = "up to 8s";
  map.parameters.warmup_s = 1;
  map.machine = reports::sample_report().environment;
  map.date = "2026-01-31";
  map.cells = {cell("sqlite", "power", 20, 0, 10),
               cell("postgres", "power", 20, 0, 10),
               cell("sqlite", "power", 10, 12, 13),
               cell("postgres", "power", 10, 40, 43),
               cell("sqlite", "process", 0, 4000, std::nullopt),
               cell("postgres", "process", 0, 2900, 3100),
               cell("postgres", "process", 5, 10, 11)};
  reports::CapacityStep step;
  step.instances = 10;
  step.verdict = Verdict::fail;
  step.measured_ms = {{"write P99", std::numeric_limits<double>::infinity()}};
  step.reason = "write P99: 5 of 400 over 30ms";
  map.cells.front().capacity.steps = {step};
  return map;
}

std::string capacity_map_error(const std::string& text) {
  try {
    reports::map_from_json(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.what();
  }
  return "none";
}

TEST(CapacityMapTest, a_record_is_read_back_as_it_was_written) {
  const CapacityMap map = sample_map();
  const std::string text = to_json(map);
  const CapacityMap back = reports::map_from_json(text);
  EXPECT_EQ(to_json(back), text);
  EXPECT_EQ(back.cells.size(), map.cells.size());
  EXPECT_EQ(back.cells.front().capacity.steps.front().reason, "write P99: 5 of 400 over 30ms");
  EXPECT_FALSE(why_not_the_same(map, back));
}

TEST(CapacityMapTest, a_bad_record_is_refused_with_the_field) {
  EXPECT_THAT(capacity_map_error("{"), HasSubstr("not JSON"));
  EXPECT_THAT(capacity_map_error("{}"), HasSubstr("schema is missing"));
  std::string text = to_json(sample_map());
  const std::string end = R"("end": "bracketed")";
  text.replace(text.find(end), end.size(), R"("end": "tired")");
  EXPECT_THAT(capacity_map_error(text), HasSubstr("cells[2].end"));
}

TEST(CapacityMapTest, a_map_goes_on_only_with_the_same_load_on_the_same_machine) {
  const CapacityMap before = sample_map();
  CapacityMap now = before;
  now.machine.fsync_p50_ms *= 3;
  now.machine.sqlite_version.clear();
  EXPECT_FALSE(why_not_the_same(before, now));
  now.parameters.most = 50;
  EXPECT_EQ(why_not_the_same(before, now), "most was 4000 and is 50");
  now = before;
  now.machine.kernel = "7.0";
  EXPECT_THAT(why_not_the_same(before, now).value_or(""), HasSubstr("kernel"));
}

TEST(CapacityMapTest, says_which_store_is_enough) {
  const CapacityMap map = sample_map();
  EXPECT_EQ(enough_for(map, "process", "0ms", 25), "sqlite");
  EXPECT_EQ(enough_for(map, "power", "10ms", 25), "postgres");
  EXPECT_EQ(enough_for(map, "power", "20ms", 25), "neither");
  EXPECT_EQ(enough_for(map, "process", "5ms", 25), "");    // one store was not measured
  EXPECT_EQ(enough_for(map, "process", "0ms", 5000), "");  // beyond what was tried
  EXPECT_EQ(enough_for(map, "power", "10ms", 41), "");     // within a bracket
}

TEST(CapacityMapTest, the_table_goes_from_fast_disks_to_slow_ones) {
  const std::string text = to_markdown(sample_map());
  EXPECT_THAT(text, HasSubstr("| process | 0ms | ≥ 4,000 | 2,900 to 3,100 | sqlite |\n"
                              "| process | 5ms | - | 10 to 11 | - |\n"
                              "| power | 10ms | 12 to 13 | 40 to 43 | postgres |\n"
                              "| power | 20ms | < 10 | < 10 | neither |\n"));
  EXPECT_THAT(text, HasSubstr("2026-01-31"));
  EXPECT_THAT(text, HasSubstr("SQLite"));
}

TEST(CapacityMapTest, a_step_tells_what_a_run_found) {
  reports::Run run = reports::sample_run();
  const auto passed = reports::capacity_step(run);
  EXPECT_EQ(passed.instances, 25U);
  EXPECT_TRUE(passed.holds());
  EXPECT_DOUBLE_EQ(passed.measured_ms.at("write P99"), 0.911);
  EXPECT_EQ(text_of(passed).substr(0, 4), "pass");
  run.verdict = Verdict::inconclusive;
  run.targets.front().verdict = Verdict::inconclusive;
  run.targets.front().reason = "too few";
  EXPECT_THAT(text_of(reports::capacity_step(run)), HasSubstr("(write P99: too few"));
}

TEST(CapacityMapTest, each_store_goes_from_the_fastest_disk_to_the_slowest) {
  const auto cells = loadgen::map_cells({"sqlite", "postgres"}, {"process", "power"},
                                        parse_latencies({"5ms", "0"}));
  ASSERT_EQ(cells.size(), 8U);
  EXPECT_EQ(cells[0].store, "sqlite");
  EXPECT_TRUE(cells[0].latency.none());
  EXPECT_EQ(name_of(cells[1].latency), "5ms");
  EXPECT_EQ(cells[2].store, "postgres");
  EXPECT_EQ(cells[4].durability, "power");
}

TEST(CapacityMapTest, a_search_begins_at_its_neighbours_answer) {
  const auto first = [](const CapacityMap& map, const char* store, const char* durability,
                        const char* latency) {
    const MapCell wanted{store, durability, loadgen::parse_fsync_latency(latency)};
    return loadgen::first_load(map, wanted, {.first = 25, .least = 10, .most = 4000});
  };
  CapacityMap map;
  EXPECT_EQ(first(map, "sqlite", "process", "0ms"), 25U);
  map.cells.push_back(cell("sqlite", "process", 0, 3000, std::nullopt));
  EXPECT_EQ(first(map, "sqlite", "process", "1ms"), 3000U);
  EXPECT_EQ(first(map, "postgres", "process", "0ms"), 3000U);
  map.cells.push_back(cell("sqlite", "process", 1, 700, 750));
  EXPECT_EQ(first(map, "sqlite", "process", "5ms"), 700U);
  EXPECT_EQ(first(map, "sqlite", "power", "0ms"), 3000U);
  EXPECT_EQ(first(map, "sqlite", "power", "5ms"), 700U);
  map.cells.push_back(cell("sqlite", "power", 5, 0, 10));
  EXPECT_EQ(first(map, "sqlite", "power", "10ms"), 10U);
}

TEST(CapacityMapTest, the_usual_map_takes_less_than_forty_minutes) {
  loadgen::SearchPlan plan;
  plan.load.max_duration = std::chrono::seconds(8);
  plan.range.first = 25;
  const auto time = loadgen::estimate(plan, 20);
  EXPECT_LT(time.shortest, time.longest);
  EXPECT_LT(time.longest, std::chrono::minutes(40));
}

TEST(CapacityMapTest, a_latency_is_named_once) {
  EXPECT_THROW(parse_latencies({"0", "0ms"}), Error);
  EXPECT_THROW(parse_latencies({"5"}), Error);
}

}  // namespace
}  // namespace yardmaster
