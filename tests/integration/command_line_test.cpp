// Bad input on either command line gets one clear line on standard error that names what is wrong,
// nothing on standard output, and exit 2 (usage) or 1.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/unique_fd.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

struct BadInput {
  std::vector<std::string> arguments;
  int status;
  std::string names;  // names that the line must hold
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
      {{"repo"}, 2, ""},
      {{"repo", "add"}, 2, "PATH|URL"},
      {{"repo", "add", place("none"), "--runtime-dir", place("run")}, 2, "none"},
      {{"init", place("none"), "--runtime-dir", place("run")}, 2, "none"},
      {{"spawn"}, 2, "ROLE"},
      {{"spawn", "worker", "--foreground", "--json"}, 2, "--json"},
      {{"history", "-n", "few"}, 2, "few"},
      {{"logs", "../daemon", "--state-dir", place("state")}, 1, "NAME"},
      {{"logs", "worker-1", "--lines", "-1"}, 2, "-1"},
      {{"rescue"}, 2, ""},
      {{"rescue", "restore"}, 2, "REF|NAME"},
      {{"attach"}, 2, "NAME"},
      {{"rm"}, 2, "NAME"},
      {{"complete"}, 2, "--instance"},
  };
  for (const auto& bad : inputs) expect_one_clear_line(yardmaster_program(), bad);
}

TEST_F(CommandLine, yardmaster_says_that_no_daemon_runs_and_how_to_start_it) {
  const std::vector<std::vector<std::string>> verbs{
      {"status"},
      {"stop"},
      {"stop-all", "--yes"},
      {"ls"},
      {"history"},
      {"repo", "ls"},
      {"repo", "rm", "api"},
      {"repo", "add", "."},
      {"init", "."},
      {"spawn", "worker"},
      {"attach", "worker-1"},
      {"rm", "worker-1"},
      {"complete", "--instance", "worker-1"},
      {"cleanup"},
      {"repair"},
      {"rescue", "ls"},
      {"rescue", "restore", "worker-1"},
  };
  for (std::vector<std::string> verb : verbs) {
    const std::vector<std::string> places{"--state-dir", place("state"), "--runtime-dir",
                                          place("run")};
    verb.insert(verb.end(), places.begin(), places.end());
    expect_one_clear_line(yardmaster_program(), {verb, 5, place("run")});
    expect_one_clear_line(yardmaster_program(), {verb, 5, "yardmaster start"});
  }
}

// Exit status 2 of a hook would stop the agent, and what it prints would be part of the prompt.
TEST_F(CommandLine, a_hook_succeeds_silently_whatever_happens) {
  const std::vector<std::vector<std::string>> commands{{"hook", "session-start"},
                                                       {"hook", "prompt"},
                                                       {"hook", "tool"},
                                                       {"hook", "wait"},
                                                       {"hook", "brew"},
                                                       {"hook"},
                                                       {"hook", "stop", "surplus", "--flag"}};
  for (std::vector<std::string> argv : commands) {
    argv.insert(argv.begin(), yardmaster_program());
    for (const std::string& socket : {place("nobody.sock"), std::string(200, 's')}) {
      const auto result = run({.argv = argv,
                               .environment = {{"YARDMASTER_SOCKET", socket},
                                               {"YARDMASTER_CONFIG", place("none.json")}},
                               .input = "{\"session_id\""});
      EXPECT_EQ(result.status, 0);
      EXPECT_EQ(result.output + result.errors, "");
    }
  }
}

// A daemon that hangs must not hang the agent.
TEST_F(CommandLine, a_hook_does_not_wait_for_ever) {
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = place("deaf.sock");
  path.copy(&address.sun_path[0], sizeof(address.sun_path) - 1);
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  ASSERT_EQ(::bind(listener.get(), generic, sizeof(address)), 0);
  ASSERT_EQ(::listen(listener.get(), 4), 0);
  const auto result = run({.argv = {yardmaster_program(), "hook", "stop"},
                           .environment = {{"YARDMASTER_SOCKET", path}}});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output + result.errors, "");
}

TEST_F(CommandLine, doctor_works_without_a_daemon_and_says_what_to_do) {
  const auto config = file("config.json", "{}");
  const auto result = run_yardmaster({"doctor", "--json", "--config", config, "--state-dir",
                                      place("state"), "--runtime-dir", place("run")});
  EXPECT_EQ(result.errors, "");
  const auto report = nlohmann::json::parse(result.output);
  EXPECT_EQ(result.status, report["health"] == "broken" ? 1 : 0);
  bool has_daemon = false;
  for (const auto& finding : report["findings"]) {
    EXPECT_EQ(finding["health"] == "ok", finding["remedy"].get_ref<const std::string&>().empty())
        << finding;
    if (finding["name"] != "daemon") continue;
    has_daemon = true;
    EXPECT_EQ(finding["health"], "warn");
    EXPECT_NE(finding["remedy"].get<std::string>().find("yardmaster start"), std::string::npos);
  }
  EXPECT_TRUE(has_daemon);
}

TEST_F(CommandLine, doctor_finds_a_bad_configuration_and_a_directory_that_lets_others_in) {
  const auto config = file("config.json", "{\"surplus\": 1}");
  const auto unreadable = run_yardmaster({"doctor", "--config", config});
  EXPECT_EQ(unreadable.status, 1);
  EXPECT_NE(unreadable.output.find("broken  settings"), std::string::npos) << unreadable.output;
  EXPECT_NE(unreadable.output.find("surplus"), std::string::npos) << unreadable.output;
  std::filesystem::create_directory(place("state"));
  std::filesystem::permissions(place("state"), std::filesystem::perms(0755));
  const auto open = run_yardmaster({"doctor", "--config", file("good.json", "{}"), "--state-dir",
                                    place("state"), "--runtime-dir", place("run")});
  EXPECT_EQ(open.status, 1);
  EXPECT_NE(open.output.find("chmod 0700 " + place("state")), std::string::npos) << open.output;
}

class RunningYard : public CommandLine {
 protected:
  RunningYard() {
    const auto git = [this](std::vector<std::string> words) {
      words.insert(words.begin(), {"git", "-C", place_.path().string(), "-c", "user.name=Ada", "-c",
                                   "user.email=ada@example.org", "-c", "commit.gpgsign=false"});
      EXPECT_EQ(run({.argv = words}).status, 0) << words[9];
    };
    git({"init", "--quiet", "--initial-branch=main", "project"});
    git({"-C", "project", "commit", "--quiet", "--allow-empty", "--message=Begin"});
  }

  DaemonProcess daemon_;
};

TEST_F(RunningYard, is_healthy_to_doctor) {
  EXPECT_EQ(daemon_.command({"repo", "add", place("project")}).status, 0);
  const auto config = file("config.json", R"({"agent_command": "sh -c 'exit' {task}"})");
  const auto result = daemon_.command({"doctor", "--json", "--config", config});
  const auto printed = nlohmann::json::parse(result.output);
  for (const auto& finding : printed.at("findings")) {
    const bool of_machine = finding["name"] == "open files" || finding["name"] == "free space" ||
                            finding["name"] == "logout";
    EXPECT_TRUE(of_machine || finding["health"] == "ok") << finding;
  }
  EXPECT_NE(result.output.find("repository project"), std::string::npos) << result.output;
}

TEST_F(RunningYard, clones_what_a_url_names) {
  const auto added = daemon_.command({"repo", "add", "file://" + place("project")});
  EXPECT_EQ(added.status, 0) << added.errors;
  EXPECT_EQ(added.errors, "") << "progress is for terminals";
  const auto repositories = daemon_.call("list_repos")["repos"];
  ASSERT_EQ(repositories.size(), 1U);
  EXPECT_EQ(repositories[0]["state"], "ready");
  EXPECT_EQ(repositories[0]["base_branch"], "main");
  EXPECT_EQ(repositories[0]["owned"], true);
}

class OutputLog : public CommandLine {
 protected:
  OutputLog() {
    std::filesystem::create_directories(place_ / "state/logs");
    write_file(log_.string() + ".1", "one\ntwo\n");
    write_file(log_, "three\nfour\nfive");
  }

  std::vector<std::string> command(std::vector<std::string> more) {
    std::vector<std::string> all{yardmaster_program(), "logs",          "worker-1",  "--state-dir",
                                 place("state"),       "--runtime-dir", place("run")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string output(const std::vector<std::string>& more) {
    const auto result = run({.argv = command(more)});
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.output;
  }

  const std::filesystem::path log_ = place_ / "state/logs/worker-1.log";
};

TEST_F(OutputLog, is_shown_with_what_was_rotated_away) {
  EXPECT_EQ(output({}), "one\ntwo\nthree\nfour\nfive");
}

TEST_F(OutputLog, shows_the_last_lines_across_the_rotation) {
  EXPECT_EQ(output({"-n", "0"}), "");
  EXPECT_EQ(output({"-n", "1"}), "five");
  EXPECT_EQ(output({"-n", "3"}), "three\nfour\nfive");
  EXPECT_EQ(output({"-n", "4"}), "two\nthree\nfour\nfive");
  EXPECT_EQ(output({"-n", "99"}), "one\ntwo\nthree\nfour\nfive");
  write_file(log_, "");
  EXPECT_EQ(output({"-n", "1"}), "two\n");
  std::filesystem::remove(log_.string() + ".1");
  EXPECT_EQ(output({"-n", "1"}), "");
}

TEST_F(OutputLog, shows_the_last_lines_of_a_long_log) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += "line " + std::to_string(i) + "\n";
  write_file(log_, text);
  EXPECT_EQ(output({"-n", "2"}), "line 29998\nline 29999\n");
  const std::string most = output({"-n", "29999"});
  EXPECT_EQ(most, text.substr(text.find('\n') + 1));
}

TEST_F(OutputLog, is_followed_across_a_rotation) {
  ChildProcess follower({.argv = command({"-f", "-n", "1"})});
  ASSERT_TRUE(eventually([&] { return follower.output() == "five"; })) << follower.errors();
  const auto append = [&](const std::string& text) { std::ofstream(log_, std::ios::app) << text; };
  append(" six\n");
  ASSERT_TRUE(eventually([&] { return follower.output() == "five six\n"; }));
  std::filesystem::rename(log_, log_.string() + ".1");
  append("seven\n");
  ASSERT_TRUE(eventually([&] { return follower.output() == "five six\nseven\n"; }))
      << follower.output();
  EXPECT_TRUE(follower.running());
}

TEST_F(OutputLog, of_nobody_says_where_to_look) {
  expect_one_clear_line(yardmaster_program(), {{"logs", "nobody", "--state-dir", place("state"),
                                                "--runtime-dir", place("run")},
                                               2,
                                               "yardmaster history"});
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
