// The two programs that run in an agent's window and beside it: one becomes the agent, the other
// keeps what it says.
#include <csignal>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class ExecAgent : public testing::Test {
 protected:
  json launch(std::vector<std::string> argv) {
    return {{"argv", std::move(argv)},
            {"environment", {{"PATH", "/usr/bin:/bin"}}},
            {"directory", directory_.path().string()}};
  }

  std::vector<std::string> command(const json& launch) {
    write_file(file_, launch.dump());
    return {yardmaster_program(), "exec-agent", file_.string()};
  }

  Finished exec(const json& launch, std::map<std::string, std::string> environment = {}) {
    return run({.argv = command(launch), .environment = std::move(environment)});
  }

  TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / "launch.json";
};

TEST_F(ExecAgent, becomes_the_program_and_keeps_its_pid) {
  json wanted = launch({"sh", "-c", "echo $$; pwd; echo \"$0|$1\"; exit 7", "it's", "$x\n;"});
  ChildProcess child({.argv = command(wanted)});
  EXPECT_EQ(child.wait(), 7);
  EXPECT_EQ(child.output(),
            std::to_string(child.pid()) + "\n" + directory_.path().string() + "\nit's|$x\n;\n");
  EXPECT_FALSE(std::filesystem::exists(file_)) << "it may hold secrets";
}

TEST_F(ExecAgent, the_environment_is_the_given_one_and_the_terminals) {
  json wanted = launch({"env"});
  wanted["environment"]["YARDMASTER_TOKEN"] = "/state#7";
  wanted["environment"]["TMUX"] = "of the daemon";
  wanted["environment"]["TERM"] = "of the daemon";
  wanted["environment"]["EMPTY"] = "";
  const auto result =
      exec(wanted, {{"TERM", "screen"}, {"TMUX", "/t,1,0"}, {"TMUX_PANE", "%3"}, {"OTHER", "1"}});
  EXPECT_EQ(result.status, 0) << result.errors;
  const auto holds = [&](const std::string& line) {
    return ("\n" + result.output).find("\n" + line) != std::string::npos;
  };
  EXPECT_TRUE(holds("YARDMASTER_TOKEN=/state#7\n"));
  EXPECT_TRUE(holds("TERM=screen\n"));
  EXPECT_TRUE(holds("TMUX=/t,1,0\n"));
  EXPECT_TRUE(holds("TMUX_PANE=%3\n"));
  EXPECT_TRUE(holds("EMPTY=\n"));
  EXPECT_FALSE(holds("OTHER="));
  EXPECT_FALSE(holds("HOME="));
}

TEST_F(ExecAgent, a_terminal_that_the_daemon_was_in_is_not_the_agents) {
  json wanted = launch({"env"});
  for (const char* name : {"TERM", "TMUX", "TMUX_PANE"}) {
    wanted["environment"][name] = "of the daemon";
  }
  auto argv = command(wanted);
  argv.insert(argv.begin(), {"env", "-u", "TERM", "-u", "TMUX", "-u", "TMUX_PANE"});
  const auto result = run({.argv = argv});
  EXPECT_EQ(result.output, "PATH=/usr/bin:/bin\n") << result.errors;
}

TEST_F(ExecAgent, bytes_that_are_not_text_pass_through) {
  json wanted = launch({"sh", "-c", "printf '%s' \"$0$X\""});
  wanted["argv"].push_back(json::array({0xff, 0x80, 0x0a}));
  wanted["environment"]["X"] = json::array({0xe9});
  EXPECT_EQ(exec(wanted).output, "\xff\x80\n\xe9");
}

TEST_F(ExecAgent, what_cannot_be_started_is_one_line_and_127) {
  const auto expect_refusal = [&](const json& wanted, const std::string& line) {
    const auto result = exec(wanted);
    EXPECT_EQ(result.status, 127);
    EXPECT_EQ(result.output, "");
    EXPECT_EQ(result.errors, "yardmaster: cannot start '" + line + "\n");
  };
  expect_refusal(launch({"no-such-agent"}), "no-such-agent': No such file or directory");
  expect_refusal(launch({"/etc"}), "/etc': Permission denied");
  json nowhere = launch({"sh"});
  nowhere["directory"] = "/no/such/place";
  expect_refusal(nowhere, "sh': /no/such/place: No such file or directory");
}

TEST_F(ExecAgent, a_launch_file_that_is_none_is_one_line) {
  write_file(file_, "{}");
  const auto result = run({.argv = {yardmaster_program(), "exec-agent", file_.string()}});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.errors.find("is not a launch file"), std::string::npos) << result.errors;
}

TEST_F(ExecAgent, a_given_file_mask_is_the_agents) {
  json wanted = launch({"sh", "-c", "umask"});
  wanted["file_mask"] = 027;
  EXPECT_EQ(exec(wanted).output, "0027\n");
}

// Whatever it leaves behind can then be found as its descendant.
TEST_F(ExecAgent, orphans_become_the_agents_children) {
  const std::string pid_file = (directory_ / "pid").string();
  ChildProcess agent(
      {.argv = command(
           launch({"sh", "-c", "setsid sh -c '(sleep 60 & echo $! >\"$0\")' \"$0\"; sleep 60",
                   pid_file}))});
  std::string pid;
  ASSERT_TRUE(eventually([&] { return (pid = read_file(pid_file)).ends_with('\n'); }));
  pid.pop_back();
  EXPECT_TRUE(eventually([&] {
    const std::string stat = read_file("/proc/" + pid + "/stat");
    return stat.find(" S " + std::to_string(agent.pid()) + " ") != std::string::npos;
  }));
  ::kill(std::atoi(pid.c_str()), SIGKILL);
}

class LogOutput : public testing::Test {
 protected:
  Finished log(const std::string& input, const std::string& max_bytes = "1000000") {
    return run(
        {.argv = {yardmaster_program(), "log-output", file_.string(), "--max-bytes", max_bytes},
         .input = input});
  }

  TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / "agent.log";
  const std::filesystem::path earlier_ = directory_ / "agent.log.1";
};

TEST_F(LogOutput, appends_all_that_it_reads_for_the_owner_alone) {
  const std::string binary("a\0\xff\x1b[31m\r\n", 10);
  EXPECT_EQ(log(binary).status, 0);
  EXPECT_EQ(log("second").status, 0);
  EXPECT_EQ(read_file(file_), binary + "second");
  struct stat found {};
  ASSERT_EQ(::stat(file_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(earlier_));
}

TEST_F(LogOutput, rotates_at_the_limit_and_keeps_the_latest) {
  std::string all;
  for (int i = 0; i < 30'000; ++i) all += std::to_string(i) + "\n";
  EXPECT_EQ(log(all, "10000").status, 0);
  const std::string kept = read_file(earlier_) + read_file(file_);
  EXPECT_TRUE(all.ends_with(kept));
  EXPECT_GE(kept.size(), 10'000U);
  EXPECT_LE(std::filesystem::file_size(file_), 10'000U);
  EXPECT_EQ(std::filesystem::file_size(earlier_), 10'000U);
  EXPECT_EQ(log("more", "10000").status, 0);
  EXPECT_TRUE((read_file(earlier_) + read_file(file_)).ends_with("29999\nmore"));
}

TEST_F(LogOutput, a_full_disk_does_not_stop_it_from_reading) {
  const auto result =
      run({.argv = {yardmaster_program(), "log-output", "/dev/full", "--max-bytes", "99"},
           .input = std::string(3'000'000, 'x')});
  EXPECT_EQ(result.status, 0) << result.errors;
}

TEST_F(LogOutput, a_place_that_goes_away_does_not_stop_it_from_reading) {
  std::filesystem::create_directory(directory_ / "gone");
  ChildProcess writer(
      {.argv = {"sh", "-c",
                "(echo one; until [ -s \"$1\" ]; do :; done; rm -r \"${1%/*}\"; "
                "seq 1 100000) | \"$0\" log-output \"$1\" --max-bytes 1000",
                yardmaster_program(), (directory_ / "gone" / "agent.log").string()}});
  EXPECT_EQ(writer.wait(), 0) << writer.errors();
}

TEST_F(LogOutput, refuses_what_it_cannot_write_and_no_limit) {
  EXPECT_EQ(log("x", "0").status, 2);
  EXPECT_EQ(log("x", "-1").status, 2);
  const auto result =
      run({.argv = {yardmaster_program(), "log-output", "/no/such/place", "--max-bytes", "9"}});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.errors.find("/no/such/place"), std::string::npos);
}

TEST(AgentProcessVerbs, help_names_only_what_people_use) {
  const auto help = run_yardmaster({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.output.find("exec-agent"), std::string::npos);
  EXPECT_EQ(help.output.find("log-output"), std::string::npos);
}

}  // namespace
}  // namespace yardmaster::support
