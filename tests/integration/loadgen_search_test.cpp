// Searches for the capacity and the map that they make, with loads so small and limits so wide that
// nothing here depends on how fast the machine is. A median is decided by a few samples, however
// alike they are; a P99 stays inconclusive where the machine has slow phases.
#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Steps that decide at their first look, after 2 s.
constexpr std::array<const char*, 8> short_steps{"--interval", "20ms", "--max-duration", "8s",
                                                 "--warmup",   "0s",   "--store",        "sqlite"};

class LoadgenSearch : public testing::Test {
 protected:
  Finished measure(std::vector<std::string> arguments, bool is_short = true) {
    std::filesystem::create_directory(place_ / "private");
    arguments.insert(arguments.begin(), loadgen_program());
    if (is_short) arguments.insert(arguments.end(), short_steps.begin(), short_steps.end());
    arguments.insert(arguments.end(), {"--report", report("").string(), "--directory",
                                       (place_ / "private").string()});
    auto finished = run({.argv = std::move(arguments)}, Deadline(240s));
    EXPECT_TRUE(std::filesystem::is_empty(place_ / "private")) << "state was left behind";
    return finished;
  }

  std::filesystem::path report(const std::string& file) const { return place_ / "report" / file; }
  json record(const std::string& file) const { return json::parse(read_file(report(file))); }

  TemporaryDirectory place_;
};

TEST_F(LoadgenSearch, finds_and_confirms_the_most_that_hold) {
  const auto result = measure({"search", "--slo", "write_p50=10s", "--start", "5", "--most", "20"});
  EXPECT_EQ(result.status, 0) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr("holds 20 instances (confirmed)"));
  const auto found = record("search.json").at("cells").at(0);
  EXPECT_EQ(found.at("holds"), 20);
  EXPECT_EQ(found.at("not_held"), nullptr);
  EXPECT_EQ(found.at("end"), "most");
  EXPECT_EQ(found.at("confirmed"), true);
  ASSERT_EQ(found.at("steps").size(), 4U) << found;
  const auto runs = record("report.json").at("runs");
  ASSERT_EQ(runs.size(), 4U);
  for (const auto& run : runs) {
    EXPECT_EQ(run.at("audit").at("lost"), 0);
    EXPECT_EQ(run.at("targets").size(), 1U) << "judged by more than the limits that were named";
    EXPECT_EQ(run.at("measurements").count("handoff"), 0U);
  }
}

TEST_F(LoadgenSearch, says_when_not_even_the_first_load_holds) {
  const auto result = measure({"search", "--slo", "write_p99=1us", "--start", "5", "--json"});
  EXPECT_EQ(result.status, 3) << result.output << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("does not hold 5 instances"));
  const auto printed = json::parse(result.output);
  EXPECT_EQ(printed, record("search.json"));
  EXPECT_EQ(printed.at("cells").at(0).at("holds"), 0);
  EXPECT_EQ(printed.at("cells").at(0).at("not_held"), 5);
  EXPECT_EQ(printed.at("cells").at(0).at("end"), "nothing_holds");
}

TEST_F(LoadgenSearch, what_cannot_be_searched_is_refused_with_one_line) {
  const std::vector<std::vector<std::string>> lines{{"search", "--slo", "speed_p99=30ms"},
                                                    {"search", "--slo", "write_p99=30"},
                                                    {"search", "--instances", "25"},
                                                    {"search", "--target", "write_p99=30ms"},
                                                    {"search", "--most", "5"},
                                                    {"search", "--start", "0"},
                                                    {"search", "--store", "sqlite,postgres"},
                                                    {"search", "--connect", "/nowhere/broker.sock"},
                                                    {"search", "--scenario", "gate"},
                                                    {"map", "--most", "24"},
                                                    {"map", "--fsync-latencies", "5"},
                                                    {"map", "--fsync-latencies", "0,0ms"},
                                                    {"map", "--fsync-latency", "5ms"},
                                                    {"map", "--postgres", "host=nowhere"}};
  for (const auto& line : lines) {
    const auto result = measure(line, false);
    SCOPED_TRACE(line[0] + " " + line[1] + " " + line[2]);
    EXPECT_EQ(result.status, 2) << result.errors;
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
    EXPECT_TRUE(result.output.empty()) << result.output;
  }
}

TEST_F(LoadgenSearch, a_map_goes_on_where_it_was_left) {
  const auto map = [this](const std::string& durability, const std::string& most) {
    return measure({"map", "--slo", "write_p50=10s", "--fsync-latencies", "0", "--most", most,
                    "--durability", durability});
  };
  const auto first = map("process", "25");
  EXPECT_EQ(first.status, 0) << first.output << first.errors;
  EXPECT_THAT(first.output, HasSubstr("map: 1 searches; about"));
  const auto alone = record("map.json").at("cells");
  ASSERT_EQ(alone.size(), 1U);
  EXPECT_EQ(alone.at(0).at("holds"), 25);

  const auto second = map("power", "25");
  EXPECT_THAT(second.output, HasSubstr("1 are there already"));
  const auto both = record("map.json").at("cells");
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both.at(0), alone.at(0)) << "measured again";
  EXPECT_THAT(read_file(report("map.md")), HasSubstr("| power | 0ms | ≥ 25 | - | sqlite |"));

  const auto other = map("process", "30");
  EXPECT_EQ(other.status, 2) << other.output;
  EXPECT_THAT(other.errors, HasSubstr("most was 25 and is 30"));
  EXPECT_EQ(record("map.json").at("cells"), both);
}

}  // namespace
}  // namespace yardmaster::support
