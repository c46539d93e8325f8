// Whole runs of the load generator: what it prints and writes, how it ends, and what it leaves. No
// test here asks for a speed.
#include <csignal>
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

class Loadgen : public testing::Test {
 protected:
  ChildProcess start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), loadgen_program());
    arguments.insert(arguments.end(), {"--report", (place_ / "report").string()});
    return ChildProcess({.argv = std::move(arguments)});
  }

  // A private coordinator, its state under the test's own directory.
  Finished measure(std::vector<std::string> arguments, Deadline deadline = Deadline(120s)) {
    std::filesystem::create_directory(place_ / "private");
    arguments.insert(arguments.end(), {"--directory", (place_ / "private").string()});
    auto load = start(std::move(arguments));
    const auto status = load.wait(deadline);
    EXPECT_TRUE(status.has_value()) << load.errors();
    EXPECT_TRUE(std::filesystem::is_empty(place_ / "private")) << "state was left behind";
    return {status.value_or(-1), load.output(), load.errors()};
  }

  json report() { return json::parse(read_file(place_ / "report" / "report.json")); }

  TemporaryDirectory place_;
};

TEST_F(Loadgen, a_report_has_what_tools_rely_on) {
  const auto result = measure({"--instances", "25", "--duration", "6s", "--json", "--seed", "7"});
  const auto printed = json::parse(result.output);
  EXPECT_EQ(printed, report());
  EXPECT_EQ(printed.at("schema"), 1);
  const auto& run = printed.at("runs").at(0);
  EXPECT_EQ(run.at("instances"), 25);
  EXPECT_EQ(run.at("interval_ms"), 250);
  EXPECT_EQ(run.at("store"), "sqlite");
  EXPECT_EQ(run.at("topology"), "broker");
  EXPECT_EQ(run.at("checkpoint_policy"), "adaptive");
  EXPECT_EQ(run.at("seed"), 7);
  EXPECT_GT(run.at("audit").at("acknowledged").get<int>(), 400);
  EXPECT_EQ(run.at("audit").at("lost"), 0);
  EXPECT_EQ(run.at("audit").at("duplicated"), 0);
  EXPECT_EQ(run.at("audit").at("out_of_order"), 0);
  EXPECT_TRUE(run.at("errors").empty()) << run.at("errors");
  EXPECT_FALSE(run.at("series").empty());
  for (const std::string name : {"write", "checkpoint", "handoff", "cleanup", "websocket_rtt"}) {
    ASSERT_TRUE(run.at("measurements").contains(name)) << name;
    const auto& measurement = run.at("measurements").at(name);
    EXPECT_GT(measurement.at("count").get<int>(), 0) << name;
    EXPECT_LE(measurement.at("p50").get<double>(), measurement.at("p99").get<double>()) << name;
    EXPECT_LE(measurement.at("p99").get<double>(), measurement.at("max").get<double>()) << name;
  }
  EXPECT_GT(printed.at("environment").at("fsync_ms").at("p50").get<double>(), 0.0);
  EXPECT_TRUE(std::filesystem::exists(place_ / "report" / "report.md"));
}

// A small one: that all of it happens, and that the others lose nothing by it.
TEST_F(Loadgen, hostile_clients_have_their_turns_and_harm_no_other) {
  const auto scenario = place_ / "small.json";
  write_file(scenario, R"({
    "instances": 5, "duration": "4s", "warmup": "500ms",
    "workloads": { "handoffs": false, "broadcasts": false, "churn": false, "websocket": false,
                   "hostile": { "per_second": 3, "listeners": 8, "megabytes": 3, "messages": 5,
                                "digests": 100, "lists": 20 } }
  })");
  measure({"--scenario", scenario.string()});
  const auto run = report().at("runs").at(0);
  EXPECT_GE(run.at("measurements").at("beside_hostile").at("count"), 9) << "all three, and again";
  EXPECT_GT(run.at("measurements").at("write").at("count"), 20);
  EXPECT_TRUE(run.at("errors").empty()) << run.at("errors");
  EXPECT_GT(run.at("audit").at("acknowledged"), 20);
  EXPECT_EQ(run.at("audit").at("lost"), 0);
  EXPECT_EQ(run.at("audit").at("duplicated"), 0);
  EXPECT_EQ(run.at("audit").at("out_of_order"), 0);
}

TEST_F(Loadgen, a_pushgateway_that_is_away_costs_no_report) {
  const auto result = measure({"--instances", "5", "--duration", "2s", "--workloads", "writes",
                               "--pushgateway", "http://127.0.0.1:1"});
  EXPECT_NE(result.status, 1) << result.errors;
  EXPECT_NE(result.errors.find("cannot push the metrics: 127.0.0.1:1: Connection refused"),
            std::string::npos)
      << result.errors;
  EXPECT_EQ(report().at("schema"), 1);
}

TEST_F(Loadgen, a_target_that_the_service_time_alone_misses_fails) {
  const auto result =
      measure({"--instances", "25", "--duration", "5s", "--target", "write_p99=1us"});
  EXPECT_EQ(result.status, 99) << result.output << result.errors;
  EXPECT_EQ(report().at("verdict"), "fail");
}

TEST_F(Loadgen, too_few_samples_are_inconclusive) {
  const auto result = measure({"--instances", "2", "--duration", "1s"});
  EXPECT_EQ(result.status, 3) << result.output << result.errors;
  EXPECT_EQ(report().at("verdict"), "inconclusive");
}

TEST_F(Loadgen, several_sizes_run_one_after_another) {
  const auto result = measure({"--instances", "2,5", "--duration", "2s", "--json"});
  const auto runs = json::parse(result.output).at("runs");
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].at("instances"), 2);
  EXPECT_EQ(runs[1].at("instances"), 5);
}

TEST_F(Loadgen, every_policy_durability_and_arrival_runs_and_loses_nothing) {
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--checkpoint-policy", "every-write"},
        {"--checkpoint-policy", "auto", "--durability", "power"},
        {"--arrivals", "aligned"},
        {"--arrivals", "poisson"},
        {"--closed-loop"}}) {
    std::vector<std::string> arguments{"--instances", "10", "--duration", "2s", "--json"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const auto result = measure(arguments);
    SCOPED_TRACE(flags.back() + result.errors);
    const auto run = json::parse(result.output).at("runs").at(0);
    EXPECT_GT(run.at("audit").at("acknowledged").get<int>(), 0);
    EXPECT_EQ(run.at("audit").at("lost"), 0);
    EXPECT_TRUE(run.at("errors").empty()) << run.at("errors");
  }
}

TEST_F(Loadgen, a_signal_ends_early_with_what_was_measured) {
  std::filesystem::create_directory(place_ / "private");
  auto load = start({"--instances", "5", "--duration", "300s", "--json", "--directory",
                     (place_ / "private").string()});
  ASSERT_TRUE(eventually([&] { return load.errors().find("measuring") != std::string::npos; }));
  load.signal(SIGINT);
  ASSERT_TRUE(load.wait().has_value());
  EXPECT_NE(*load.wait(), 128 + SIGINT);
  EXPECT_NE(*load.wait(), 0);
  EXPECT_EQ(json::parse(load.output()).at("runs").at(0).at("verdict"), "inconclusive");
  EXPECT_TRUE(std::filesystem::is_empty(place_ / "private"));
}

TEST_F(Loadgen, a_run_on_a_running_daemon_leaves_it_as_it_was) {
  DaemonProcess daemon;
  auto load =
      start({"--connect", daemon.socket().string(), "--instances", "5", "--duration", "2s"});
  ASSERT_TRUE(load.wait(Deadline(60s)).has_value());
  const auto counts = daemon.call("status").at("counts");
  EXPECT_GE(counts.at("contexts"), 5) << "it ran there: " << load.errors();
  EXPECT_EQ(counts.at("instances"), 0) << counts;
  EXPECT_EQ(counts.at("pending_handoffs"), 0) << counts;
}

TEST_F(Loadgen, a_daemon_that_dies_for_good_ends_the_run_with_one_line) {
  DaemonProcess daemon;
  auto load =
      start({"--connect", daemon.socket().string(), "--instances", "5", "--duration", "300s"});
  ASSERT_TRUE(eventually([&] { return daemon.call("status").at("counts").at("instances") >= 5; }));
  daemon.kill();
  const auto status = load.wait(Deadline(60s));
  ASSERT_TRUE(status.has_value()) << "still waits for the daemon";
  EXPECT_NE(*status, 0);
}

TEST_F(Loadgen, both_sides_of_a_comparison_are_measured_in_turns) {
  const auto result = measure({"compare", "--run", "--payload-bytes 64", "--payload-bytes 128",
                               "--instances", "5", "--duration", "500ms", "--warmup", "100ms"});
  EXPECT_TRUE(result.status == 0 || result.status == 99) << result.errors;
  EXPECT_THAT(result.output, testing::ContainsRegex("a 1: .*b 1: .*b 2: .*a 2: .*a 3: .*b 3: "));
  EXPECT_THAT(result.output, testing::HasSubstr("3 runs against 3"));
  for (const std::string side : {"a", "b"}) {
    const auto own = json::parse(read_file(place_ / "report" / side / "report.json"));
    EXPECT_EQ(own.at("runs").size(), 3U) << side;
  }
}

TEST_F(Loadgen, a_side_compared_with_itself_says_how_often_it_differs) {
  const auto result = measure({"compare", "--aa", "1", "--workloads", "writes", "--instances", "5",
                               "--duration", "500ms", "--warmup", "100ms"});
  EXPECT_TRUE(result.status == 0 || result.status == 99) << result.errors;
  EXPECT_THAT(result.output, testing::ContainsRegex("found in [01] of 1 comparisons"));
}

TEST_F(Loadgen, a_report_compared_with_itself_shows_no_regression) {
  measure({"--instances", "10", "--duration", "3s"});
  const auto same = (place_ / "report" / "report.json").string();
  const auto result = run({.argv = {loadgen_program(), "compare", same, same}});
  EXPECT_EQ(result.status, 0) << result.output << result.errors;
  EXPECT_NE(result.output.find("write"), std::string::npos);
}

TEST_F(Loadgen, metrics_for_the_node_exporter_are_clean_under_promtool) {
  const auto file = (place_ / "loadgen.prom").string();
  measure({"--instances", "10", "--duration", "2s", "--textfile", file});
  const auto lint = run({.argv = {"promtool", "check", "metrics"}, .input = read_file(file)});
  EXPECT_EQ(lint.status, 0) << lint.output << lint.errors;
}

}  // namespace
}  // namespace yardmaster::support
