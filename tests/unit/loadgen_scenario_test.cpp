#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "loadgen/plan/options.h"
#include "loadgen/plan/scenario.h"
#include "tests/unit/scenario_text.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Scenario read(std::string_view text, const Overrides& overrides = Overrides::object()) {
  return read_scenario(text, "test", overrides);
}

TEST(ScenarioTest, an_empty_one_is_the_default_load) {
  const auto scenario = read("{}");
  ASSERT_EQ(scenario.runs.size(), 1U);
  const auto& plan = scenario.runs.front();
  EXPECT_EQ(plan.instances, 25U);
  EXPECT_EQ(plan.interval, milliseconds(250));
  EXPECT_EQ(plan.arrivals, Arrivals::staggered);
  EXPECT_FALSE(plan.duration);
  EXPECT_EQ(plan.max_duration, seconds(240));
  EXPECT_EQ(plan.targets.size(), 6U);
  EXPECT_FALSE(plan.targets.front().by_name);
  EXPECT_FALSE(plan.names_checkpoint_policy);
  EXPECT_TRUE(read(R"({"checkpoint_policy": "auto"})").runs.at(0).names_checkpoint_policy);
  EXPECT_DOUBLE_EQ(plan.offered_per_s(), 100);
}

TEST(ScenarioTest, comments_are_allowed_and_all_fields_are_read) {
  const auto scenario = read(R"({
    // a comment
    "description": "all of it", "instances": [1, 2], "interval": "100ms", "arrivals": "poisson",
    "duration": "5s", "warmup": "0s", "closed_loop": false, "store": "sqlite",
    "checkpoint_policy": "auto", "durability": "power", "payload_bytes": 512, "seed": 9,
    "workloads": { "handoffs": { "per_second": 2, "pairs": 1, "entries": 10 },
                   "broadcasts": false, "churn": { "instances": 3 },
                   "websocket": { "per_second": 0.5 } },
    "targets": ["write_p999=1s"] })");
  ASSERT_EQ(scenario.runs.size(), 2U);
  EXPECT_EQ(scenario.description, "all of it");
  const auto& plan = scenario.runs[1];
  EXPECT_EQ(plan.instances, 2U);
  EXPECT_EQ(plan.duration, seconds(5));
  EXPECT_EQ(plan.durability, Durability::power);
  EXPECT_EQ(plan.handoffs.entries, 10U);
  EXPECT_DOUBLE_EQ(plan.broadcasts.per_second, 0);
  EXPECT_EQ(plan.churn.instances, 3U);
  EXPECT_DOUBLE_EQ(plan.churn.per_second, 10);
  EXPECT_DOUBLE_EQ(plan.websocket.per_second, 0.5);
  EXPECT_EQ(plan.targets.size(), 7U);
}

TEST(ScenarioTest, runs_change_what_is_common_to_all) {
  const auto scenario = read(R"({ "interval": "1s", "runs": [
      { "instances": 1 }, { "instances": [2, 3], "interval": "2s" } ] })");
  ASSERT_EQ(scenario.runs.size(), 3U);
  EXPECT_EQ(scenario.runs[0].interval, seconds(1));
  EXPECT_EQ(scenario.runs[2].instances, 3U);
  EXPECT_EQ(scenario.runs[2].interval, seconds(2));
}

TEST(ScenarioTest, writes_each_is_a_duration) {
  EXPECT_EQ(read(R"({"writes_each": 100})").runs[0].duration, seconds(25));
  EXPECT_EQ(read(R"({"writes_each": 100})", {{"duration", "3s"}}).runs[0].duration, seconds(3));
  EXPECT_EQ(read(R"({"writes_each": 100})", {{"interval", "1s"}}).runs[0].duration, seconds(100));
}

TEST(ScenarioTest, complaints_begin_with_the_path_of_the_field) {
  EXPECT_THAT(scenario_error(R"({"interval": 250})"), StartsWith("interval: must be a duration"));
  EXPECT_THAT(scenario_error(R"({"interval": "250"})"),
              StartsWith("interval: '250' is not a duration"));
  EXPECT_THAT(scenario_error(R"({"runs": [{}, {}, {"interval": "250"}]})"),
              StartsWith("runs[2].interval: "));
  EXPECT_THAT(scenario_error(R"({"instances": 0})"),
              StartsWith("instances: must be whole numbers"));
  EXPECT_THAT(scenario_error(R"({"instances": []})"), StartsWith("instances: "));
  EXPECT_THAT(scenario_error(R"({"instances": [25, -1]})"), StartsWith("instances: "));
  EXPECT_THAT(scenario_error(R"({"arrivals": "sometimes"})"),
              StartsWith("arrivals: 'sometimes' is none of staggered, aligned, poisson"));
  EXPECT_THAT(scenario_error(R"({"workloads": {"churn": {"per_second": -1}}})"),
              StartsWith("workloads.churn.per_second: must be a number from 0"));
  EXPECT_THAT(scenario_error(R"({"workloads": {"churn": 5}})"),
              StartsWith("workloads.churn: must be an object"));
  EXPECT_THAT(scenario_error(R"({"targets": ["write=1s"]})"), StartsWith("targets: 'write=1s'"));
  EXPECT_THAT(scenario_error(R"({"seed": "x"})"), StartsWith("seed: must be a whole number"));
}

TEST(ScenarioTest, unknown_fields_are_refused_where_they_are) {
  EXPECT_EQ(scenario_error(R"({"intervall": "250ms"})"), "intervall: there is no such field");
  EXPECT_EQ(scenario_error(R"({"runs": [{"x": 1}]})"), "runs[0].x: there is no such field");
  EXPECT_EQ(scenario_error(R"({"workloads": {"handoffs": {"rate": 1}}})"),
            "workloads.handoffs.rate: there is no such field");
}

TEST(ScenarioTest, what_is_no_scenario_at_all_is_refused) {
  EXPECT_THAT(scenario_error("[]"), HasSubstr("must be an object"));
  EXPECT_THAT(scenario_error("{"), StartsWith("the scenario 'test' is not JSON"));
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_THAT(scenario_error("{\"store\":" + deep + "}"), HasSubstr("nested deeper"));
  EXPECT_THAT(scenario_error(R"({"runs": []})"), StartsWith("runs: "));
  EXPECT_THROW(find_scenario("nowhere", Overrides::object()), Error);
  EXPECT_THROW(find_scenario("/nowhere/at/all.json", Overrides::object()), Error);
}

TEST(ScenarioTest, flags_win_and_are_called_by_their_name_in_complaints) {
  const auto scenario =
      read(R"({"instances": [1, 2], "runs": [{"interval": "1s"}]})",
           Overrides::parse(R"({"instances": [7], "interval": "2s", "max_duration": "8s"})"));
  ASSERT_EQ(scenario.runs.size(), 1U);
  EXPECT_EQ(scenario.runs[0].instances, 7U);
  EXPECT_EQ(scenario.runs[0].interval, seconds(2));
  EXPECT_EQ(scenario.runs[0].max_duration, seconds(8));
  EXPECT_THAT(scenario_error("{}", {{"max_duration", "8"}}), StartsWith("--max-duration: '8'"));
  EXPECT_THAT(scenario_error("{}", {{"instances", {0}}}), StartsWith("--instances: "));
}

TEST(ScenarioTest, every_built_in_one_can_be_read) {
  for (const auto& [name, text] : built_in_scenarios()) {
    const auto scenario = find_scenario(std::string(name), Overrides::object());
    EXPECT_FALSE(scenario.description.empty()) << name;
    EXPECT_FALSE(scenario.runs.empty()) << name;
  }
  const auto every_write = find_scenario("every-write", Overrides::object()).runs.at(0);
  EXPECT_EQ(every_write.checkpoint_policy, "every-write");
  EXPECT_EQ(every_write.duration, seconds(25));
  EXPECT_EQ(find_scenario("thousands", Overrides::object()).runs.at(1).instances, 10'000U);
  EXPECT_EQ(find_scenario("soak", Overrides::object()).runs.at(0).duration, minutes(10));
}

TEST(TargetTest, names_a_measurement_a_quantile_and_a_limit) {
  const auto target = parse_target("write_p99=20us");
  EXPECT_EQ(target.measurement, "write");
  EXPECT_DOUBLE_EQ(target.quantile, 0.99);
  EXPECT_EQ(target.limit, std::chrono::microseconds(20));
  EXPECT_TRUE(target.by_name);
  EXPECT_DOUBLE_EQ(parse_target("websocket_rtt_p999=1ms").quantile, 0.999);
  EXPECT_DOUBLE_EQ(parse_target("write_p99.9=1ms").quantile, 0.999);
  EXPECT_DOUBLE_EQ(parse_target("write_p50=1ms").quantile, 0.5);
}

TEST(TargetTest, replaces_the_one_for_the_same_quantile) {
  auto targets = default_targets();
  set_target(targets, parse_target("write_p99=1ms"));
  EXPECT_EQ(targets.size(), default_targets().size());
  set_target(targets, parse_target("write_p999=1ms"));
  EXPECT_EQ(targets.size(), default_targets().size() + 1);
}

TEST(TargetTest, everything_else_is_refused) {
  for (const auto* text : {"", "write", "write_p99", "write_p99=", "write_p99=5", "write_p99=0ms",
                           "wrote_p99=5ms", "write_px=5ms", "write_p100=5ms", "write_p500=5ms",
                           "write_p=5ms", "write_p00=5ms", "p99=5ms", "_p99=5ms", "write_p9=5ms"}) {
    EXPECT_THROW(parse_target(text), Error) << text;
  }
}

TEST(OptionsTest, flags_become_fields) {
  const auto options =
      parse_options({"--instances", "10,25", "--interval", "100ms", "--target", "write_p99=20us",
                     "--target", "handoff_p99=1s", "--workloads", "writes,churn", "--json"});
  EXPECT_EQ(options.verb, Verb::run);
  EXPECT_TRUE(options.json);
  const auto scenario = default_scenario(options.overrides);
  ASSERT_EQ(scenario.runs.size(), 2U);
  EXPECT_EQ(scenario.runs[0].instances, 10U);
  EXPECT_GT(scenario.runs[0].churn.per_second, 0);
  EXPECT_DOUBLE_EQ(scenario.runs[0].handoffs.per_second, 0);
  EXPECT_DOUBLE_EQ(scenario.runs[0].websocket.per_second, 0);
}

TEST(OptionsTest, workloads_can_be_turned_on_that_a_scenario_left_out) {
  const auto options = parse_options({"--workloads", "writes,churn,websocket"});
  const auto scenario = read(R"({"workloads": {"churn": false, "handoffs": false,
                                               "websocket": {"per_second": 3}}})",
                             options.overrides);
  const auto& plan = scenario.runs.at(0);
  EXPECT_DOUBLE_EQ(plan.churn.per_second, ChurnLoad().per_second);
  EXPECT_DOUBLE_EQ(plan.websocket.per_second, 3);
  EXPECT_DOUBLE_EQ(plan.handoffs.per_second, 0);
  EXPECT_DOUBLE_EQ(plan.broadcasts.per_second, 0);
  EXPECT_TRUE(plan.writes);
}

TEST(OptionsTest, workloads_that_are_not_named_do_not_run) {
  const auto plan = read("{}", parse_options({"--workloads", "handoffs"}).overrides).runs.at(0);
  EXPECT_FALSE(plan.writes);
  EXPECT_GT(plan.handoffs.per_second, 0);
  EXPECT_DOUBLE_EQ(plan.churn.per_second, 0);
}

LoadPlan built_in(const char* name, const std::vector<std::string>& flags) {
  return find_scenario(name, parse_options(flags).overrides).runs.at(0);
}

TEST(OptionsTest, workloads_that_are_named_run_whatever_the_scenario_says) {
  const auto writing = built_in("idle", {"--workloads", "writes"});
  EXPECT_TRUE(writing.writes);
  EXPECT_DOUBLE_EQ(writing.churn.per_second, 0);
  const auto churning = built_in("spawn-burst", {"--workloads", "churn"});
  EXPECT_DOUBLE_EQ(churning.bursts.per_second, 0);
  EXPECT_GT(churning.churn.per_second, 0);
  EXPECT_FALSE(churning.writes);
  const auto bursting = built_in("real", {"--workloads", "bursts"});
  EXPECT_GT(bursting.bursts.per_second, 0);
  EXPECT_FALSE(bursting.writes);
}

TEST(OptionsTest, bursts_are_refused_beside_others_and_without_real_instances) {
  const auto complaint_about = [](const std::vector<std::string>& flags) {
    return scenario_error("{}", parse_options(flags).overrides);
  };
  EXPECT_EQ(complaint_about({"--workloads", "bursts,churn", "--resources", "real"}),
            "--workloads: nothing else goes on beside bursts: leave out churn");
  EXPECT_THAT(complaint_about({"--workloads", "bursts"}), HasSubstr("--resources real"));
  EXPECT_EQ(scenario_error(R"({"resources": "real", "workloads": {"bursts": true, "churn": {}}})"),
            "workloads: nothing else goes on beside bursts: leave out churn");
  EXPECT_EQ(
      scenario_error(R"({"resources": "real", "workloads": {"bursts": true, "churn": false}})"),
      "none");
}

TEST(OptionsTest, what_cannot_be_meant_is_refused) {
  const std::vector<std::vector<std::string>> lines{
      {"--frobnicate"},
      {"nonsense"},
      {"--instances"},
      {"--connect", "x", "--keep"},
      {"--connect", "x", "--checkpoint-policy", "auto"},
      {"--duration", "1s", "--max-duration", "2s"},
      {"--workloads", "reads"},
      {"compare", "only-one"},
      {"compare", "--run", "only-one"},
      {"compare", "--run", "a", "b", "--runs", "2"},
      {"compare", "--aa", "2", "--run", "a", "b"},
      {"compare", "a", "b", "--aa", "2"},
  };
  for (const auto& line : lines) EXPECT_THROW(parse_options(line), Error) << line.front();
  EXPECT_THROW(default_scenario(parse_options({"--instances", "ten"}).overrides), Error);
  EXPECT_THROW(default_scenario(parse_options({"--instances", "0"}).overrides), Error);
  EXPECT_THROW(default_scenario(parse_options({"--interval", "250"}).overrides), Error);
}

TEST(OptionsTest, help_has_examples_and_every_exit_status) {
  const auto options = parse_options({"--help"});
  EXPECT_EQ(options.verb, Verb::help);
  EXPECT_THAT(options.text, HasSubstr("loadgen --instances 25"));
  EXPECT_THAT(options.text, HasSubstr("99 a target failed"));
  EXPECT_THAT(options.text, HasSubstr("bursts"));
}

TEST(ScenarioTest, a_run_is_as_long_as_the_stalls_ask_that_it_must_not_miss) {
  const auto plan = read_scenario("{}", "x", {{"vouch_for", "2s"}}).runs.at(0);
  EXPECT_EQ(plan.duration, seconds(598));
  const auto longer =
      read_scenario(R"({"vouch_for": "100ms", "max_duration": "8s"})", "x", {{"vouch_for", "1s"}})
          .runs.at(0);
  EXPECT_EQ(longer.duration, seconds(299));
  EXPECT_THAT(scenario_error("{}", {{"vouch_for", "2"}}), StartsWith("--vouch-for: '2'"));
}

TEST(LoadgenOptions, a_side_of_a_comparison_is_a_scenario_or_flags_on_top_of_the_others) {
  const auto options = parse_options({"compare", "--run", "stampede --interval 1s",
                                      "--durability power", "--duration", "3s", "--seed", "7"});
  const auto a = options_of_side(options, options.measured.sides.first);
  const auto b = options_of_side(options, options.measured.sides.second);
  EXPECT_EQ(a.scenario, "stampede");
  EXPECT_EQ(a.overrides, Overrides({{"interval", "1s"}, {"duration", "3s"}, {"seed", 7}}));
  EXPECT_EQ(b.scenario, "");
  EXPECT_EQ(b.overrides, Overrides({{"durability", "power"}, {"duration", "3s"}, {"seed", 7}}));
  EXPECT_THROW(options_of_side(options, "--no-such-flag"), Error);
  EXPECT_THROW(options_of_side(options, "--seed 1 decide"), Error);
}

}  // namespace
}  // namespace yardmaster::loadgen
