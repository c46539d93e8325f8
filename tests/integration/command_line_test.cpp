// Bad input on either command line gets one clear line on standard error that names what is wrong,
// nothing on standard output, and exit 2 (usage) or 1.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

struct BadInput {
  std::vector<std::string> arguments;
  int status;
  std::string names;  // what the line must hold
};

Finished run_program(const std::string& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program);
  return run({.argv = std::move(arguments)});
}

void expect_one_clear_line(const std::string& program, const BadInput& bad) {
  std::string command = program;
  for (const auto& argument : bad.arguments) command += " " + argument;
  SCOPED_TRACE(command);
  const auto result = run_program(program, bad.arguments);
  EXPECT_EQ(result.status, bad.status);
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
  EXPECT_NE(result.errors.find(bad.names), std::string::npos) << result.errors;
}

class CommandLine : public testing::Test {
 protected:
  std::string place(const std::string& name) { return (place_ / name).string(); }
  std::string file(const std::string& name, const std::string& text) {
    write_file(place_ / name, text);
    return place(name);
  }

  TemporaryDirectory place_;
};

TEST_F(CommandLine, loadgen_refuses_bad_usage) {
  const std::vector<BadInput> inputs{
      {{"--no-such-flag"}, 2, "--no-such-flag"},
      {{"surplus"}, 2, "surplus"},
      {{"--instances", "0"}, 2, "instances"},
      {{"--instances", "-5"}, 2, "instances"},
      {{"--instances", "many"}, 2, "many"},
      {{"--instances", "10,x"}, 2, "x"},
      {{"--interval", "250"}, 2, "250"},
      {{"--interval", "0ms"}, 2, "interval"},
      {{"--interval", "-1s"}, 2, "-1s"},
      {{"--duration", "5 parsecs"}, 2, "parsecs"},
      {{"--target", "write_p99"}, 2, "write_p99"},
      {{"--target", "coffee_p99=1ms"}, 2, "coffee"},
      {{"--target", "write_p99=fast"}, 2, "fast"},
      {{"--scenario", "no-such-scenario"}, 2, "no-such-scenario"},
      {{"--scenario", "/nonexistent/scenario.json"}, 2, "/nonexistent/scenario.json"},
      {{"--seed", "x"}, 2, "x"},
      {{"compare"}, 2, ""},
  };
  for (const auto& bad : inputs) expect_one_clear_line(loadgen_program(), bad);
}

TEST_F(CommandLine, loadgen_says_what_it_could_not_do) {
  const auto blocker = file("file", "");
  expect_one_clear_line(
      loadgen_program(),
      {{"--connect", place("nobody.sock"), "--duration", "1s"}, 1, "nobody.sock"});
  expect_one_clear_line(loadgen_program(), {{"--connect", blocker, "--duration", "1s"}, 1, "file"});
  expect_one_clear_line(
      loadgen_program(),
      {{"--instances", "1", "--duration", "1s", "--report", blocker + "/report"}, 2, "file"});
  expect_one_clear_line(loadgen_program(),
                        {{"compare", place("a.json"), place("b.json")}, 2, "a.json"});
}

TEST_F(CommandLine, a_bad_field_of_a_scenario_is_named_with_its_path) {
  const auto expect = [&](const std::string& text, const std::string& names) {
    const auto scenario = file("scenario.json", text);
    expect_one_clear_line(loadgen_program(), {{"--scenario", scenario}, 2, names});
  };
  expect(R"({"instances": 5, "surplus": 1})", "surplus");
  expect(R"({"instances": "many"})", "instances");
  expect(R"({"interval": 250})", "interval");
  expect(R"({"workloads": {"coffee": {}}})", "coffee");
  expect("{", "scenario");
  expect("", "scenario");
}

TEST_F(CommandLine, yardmaster_refuses_bad_usage) {
  const std::vector<BadInput> inputs{
      {{"--no-such-flag"}, 2, "--no-such-flag"},
      {{"brew"}, 2, "brew"},
      {{}, 2, "ommand"},
      {{"start", "--checkpoint-policy", "never"}, 2, "never"},
      {{"status", "--surplus"}, 2, "--surplus"},
      {{"backup"}, 2, ""},
      {{"call"}, 2, ""},
      {{"call", "ping", "{", "--runtime-dir", place("run")}, 2, ""},
  };
  for (const auto& bad : inputs) expect_one_clear_line(yardmaster_program(), bad);
}

TEST_F(CommandLine, yardmaster_says_that_no_daemon_runs) {
  for (const std::string verb : {"status", "stop"}) {
    expect_one_clear_line(
        yardmaster_program(),
        {{verb, "--state-dir", place("state"), "--runtime-dir", place("run")}, 1, place("run")});
  }
}

TEST_F(CommandLine, a_bad_configuration_is_refused_with_its_place) {
  const auto expect = [&](const std::string& text, const std::string& names) {
    const auto config = file("config.json", text);
    expect_one_clear_line(yardmaster_program(),
                          {{"start", "--foreground", "--config", config, "--state-dir",
                            place("state"), "--runtime-dir", place("run")},
                           2,
                           names});
  };
  expect(R"({"surplus": 1})", "surplus");
  expect(R"({"checkpoint_policy": 7})", "checkpoint_policy");
  expect(R"({"checkpoint_policy": "never"})", "checkpoint_policy");
  expect("{", "config.json");
  expect("[]", "config.json");
  expect_one_clear_line(
      yardmaster_program(),
      {{"start", "--foreground", "--config", place("none.json")}, 2, "none.json"});
}

TEST_F(CommandLine, a_bad_value_in_the_environment_is_named) {
  const auto result =
      run_yardmaster({"config", "show"}, {{"YARDMASTER_CHECKPOINT_POLICY", "never"}});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.errors.find("YARDMASTER_CHECKPOINT_POLICY"), std::string::npos) << result.errors;
}

TEST_F(CommandLine, config_show_tells_every_value_and_where_it_comes_from) {
  const auto config =
      file("config.json", "// comments are fine\n{\"checkpoint_policy\": \"auto\"}");
  const auto from_file = run_yardmaster({"config", "show", "--config", config});
  EXPECT_EQ(from_file.status, 0) << from_file.errors;
  EXPECT_NE(from_file.output.find("checkpoint_policy"), std::string::npos) << from_file.output;
  EXPECT_NE(from_file.output.find("auto"), std::string::npos) << from_file.output;
  const auto from_environment = run_yardmaster({"config", "show", "--config", config},
                                               {{"YARDMASTER_CHECKPOINT_POLICY", "every-write"}});
  EXPECT_NE(from_environment.output.find("every-write"), std::string::npos);
}

TEST_F(CommandLine, help_and_version_go_to_standard_output) {
  for (const auto& program : {yardmaster_program(), loadgen_program()}) {
    for (const std::string flag : {"--help", "--version"}) {
      const auto result = run_program(program, {flag});
      EXPECT_EQ(result.status, 0) << program << " " << flag;
      EXPECT_FALSE(result.output.empty()) << program << " " << flag;
      EXPECT_EQ(result.errors, "") << program << " " << flag;
    }
  }
}

TEST_F(CommandLine, loadgen_lists_its_scenarios) {
  const auto result = run_program(loadgen_program(), {"scenarios"});
  EXPECT_EQ(result.status, 0);
  for (const std::string name : {"baseline", "every-write", "stampede", "thousands", "soak"}) {
    EXPECT_NE(result.output.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace yardmaster::support
