#include "loadgen/databases/fsync_latency.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "loadgen/hosts/fsync_probe.h"
#include "loadgen/plan/options.h"
#include "loadgen/plan/scenario.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string fsync_latency_error(std::string_view text) {
  try {
    parse_fsync_latency(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.what();
  }
  return "none";
}

// Returns delays in milliseconds, sorted.
std::vector<double> draws(const char* text, std::uint64_t seed) {
  const auto distribution = parse_fsync_latency(text).distribution;
  std::vector<double> drawn;
  for (std::uint64_t n = 0; n < 100'000; ++n) {
    drawn.push_back(static_cast<double>(distribution.nth_ns(seed, n)) / 1e6);
  }
  std::sort(drawn.begin(), drawn.end());
  return drawn;
}

TEST(FsyncLatency, is_written_as_it_is_read) {
  for (const char* text :
       {"5ms", "250us", "1s", "uniform:1ms..9ms", "uniform:0s..500us", "lognormal:5ms,p99=30ms"}) {
    EXPECT_EQ(parse_fsync_latency(text).text(), text);
  }
  EXPECT_EQ(parse_fsync_latency("0.5ms").text(), "500us");
}

TEST(FsyncLatency, of_zero_is_none) {
  EXPECT_TRUE(parse_fsync_latency("0ms").none());
  EXPECT_EQ(parse_fsync_latency("0ms").text(), "");
  EXPECT_FALSE(parse_fsync_latency("1us").none());
}

TEST(FsyncLatency, has_a_median) {
  EXPECT_EQ(FsyncLatency().median().count(), 0);
  EXPECT_EQ(parse_fsync_latency("5ms").median(), milliseconds(5));
  EXPECT_EQ(parse_fsync_latency("uniform:1ms..8ms").median(), microseconds(4'500));
  EXPECT_EQ(parse_fsync_latency("lognormal:5ms,p99=30ms").median(), milliseconds(5));
}

TEST(FsyncLatency, that_cannot_be_meant_is_refused_with_the_reason) {
  EXPECT_THAT(fsync_latency_error("5"), StartsWith("'5' is not a duration"));
  EXPECT_THAT(fsync_latency_error(""), StartsWith("'' is not a duration"));
  EXPECT_THAT(fsync_latency_error("-5ms"), HasSubstr("is not a duration"));
  EXPECT_THAT(fsync_latency_error("normal:5ms"), HasSubstr("is not a duration"));
  EXPECT_THAT(fsync_latency_error("2s"), HasSubstr("at most 1s"));
  EXPECT_THAT(fsync_latency_error("uniform:1ms"), HasSubstr("write it as uniform:1ms..9ms"));
  EXPECT_THAT(fsync_latency_error("uniform:9ms..1ms"), HasSubstr("first time must be less"));
  EXPECT_THAT(fsync_latency_error("uniform:1ms..9"), StartsWith("'9' is not a duration"));
  EXPECT_THAT(fsync_latency_error("lognormal:5ms"),
              HasSubstr("write it as lognormal:5ms,p99=30ms"));
  EXPECT_THAT(fsync_latency_error("lognormal:5ms,p99=5ms"), HasSubstr("first time must be less"));
  EXPECT_THAT(fsync_latency_error("lognormal:0ms,p99=5ms"),
              HasSubstr("median must be more than zero"));
  EXPECT_THAT(fsync_latency_error("lognormal:5ms,p99=2s"), HasSubstr("at most 1s"));
}

TEST(DelayDistribution, of_a_fixed_latency_is_that) {
  const auto drawn = draws("5ms", 1);
  EXPECT_EQ(drawn.front(), 5);
  EXPECT_EQ(drawn.back(), 5);
}

TEST(DelayDistribution, is_even_between_both_ends_of_a_uniform_one) {
  const auto drawn = draws("uniform:1ms..9ms", 1);
  EXPECT_GE(drawn.front(), 1);
  EXPECT_LE(drawn.back(), 9);
  EXPECT_NEAR(drawn[drawn.size() / 10], 1.8, 0.05);
  EXPECT_NEAR(drawn[drawn.size() / 2], 5, 0.05);
  EXPECT_NEAR(drawn[drawn.size() * 9 / 10], 8.2, 0.05);
}

TEST(DelayDistribution, has_the_median_and_the_p99_of_a_lognormal_one) {
  for (const std::uint64_t seed : {0U, 1U, 2U}) {
    const auto drawn = draws("lognormal:5ms,p99=30ms", seed);
    EXPECT_NEAR(drawn[drawn.size() / 2], 5, 0.1) << seed;
    EXPECT_NEAR(drawn[drawn.size() * 99 / 100], 30, 1.5) << seed;
    EXPECT_GT(drawn.front(), 0) << seed;
  }
  EXPECT_EQ(draws("lognormal:1us,p99=1ms", 1).back(), 10);  // ten times the P99, and no more
}

TEST(DelayDistribution, follows_from_its_seed) {
  EXPECT_EQ(draws("uniform:1ms..9ms", 7), draws("uniform:1ms..9ms", 7));
  EXPECT_NE(draws("uniform:1ms..9ms", 7), draws("uniform:1ms..9ms", 8));
}

TEST(FsyncLatencyOfScenario, is_a_field_and_a_flag_that_wins) {
  static constexpr auto text = R"({"fsync_latency": "uniform:1ms..9ms"})";
  const auto latency_with = [&](const std::vector<std::string>& arguments) {
    const auto options = parse_options(arguments);
    return read_scenario(text, "test", options.overrides).runs.at(0).fsync_latency.text();
  };
  EXPECT_EQ(latency_with({}), "uniform:1ms..9ms");
  EXPECT_EQ(latency_with({"--fsync-latency", "lognormal:5ms,p99=30ms"}), "lognormal:5ms,p99=30ms");
  EXPECT_EQ(latency_with({"--fsync-latency", "0ms"}), "");
  EXPECT_TRUE(default_scenario(Overrides::object()).runs.at(0).fsync_latency.none());
}

TEST(FsyncLatencyOfScenario, that_is_bad_is_refused_where_it_is) {
  const auto refusal = [](std::string_view text, const Overrides& overrides) -> std::string {
    try {
      read_scenario(text, "test", overrides);
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_THAT(refusal(R"({"runs": [{"fsync_latency": "5"}]})", Overrides::object()),
              StartsWith("runs[0].fsync_latency: '5' is not a duration"));
  EXPECT_THAT(refusal("{}", {{"fsync_latency", "2s"}}), StartsWith("--fsync-latency: '2s' is no"));
  EXPECT_THAT(refusal(R"({"fsync_latency": 5})", Overrides::object()),
              StartsWith("fsync_latency: must be text in quotes"));
}

TEST(FsyncProbe, reports_the_median_of_what_was_added_and_how_sure_it_is) {
  std::vector<reports::FsyncPair> pairs;
  for (int i = 1; i <= 200; ++i) {
    pairs.push_back({.bare = milliseconds(2), .delayed = milliseconds(2 + i)});
  }
  const auto found = summarize(pairs);
  EXPECT_EQ(found.bare_p50_ms, 2);
  EXPECT_EQ(found.p50_ms, 102);
  EXPECT_EQ(found.p99_ms, 200);
  EXPECT_EQ(found.added_ms, 100);
  // The ranks that P(Bin(200, 1/2) < rank) <= 0.05% gives.
  EXPECT_EQ(found.added_low_ms, 77);
  EXPECT_EQ(found.added_high_ms, 124);
}

TEST(FsyncProbe, of_few_pairs_says_no_more_than_their_range) {
  std::vector<reports::FsyncPair> pairs;
  for (int i = 1; i <= reports::fewest_fsync_pairs; ++i) {
    pairs.push_back({.bare = milliseconds(1), .delayed = milliseconds(1 + i)});
  }
  const auto found = summarize(pairs);
  EXPECT_EQ(found.added_ms, 6);
  EXPECT_EQ(found.added_low_ms, 1);
  EXPECT_EQ(found.added_high_ms, 11);
}

}  // namespace
}  // namespace yardmaster::loadgen
