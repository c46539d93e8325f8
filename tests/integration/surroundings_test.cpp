// A daemon and an agent that were started from the worst of places, looked at from outside: nothing
// of it has reached them.
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "loadgen/real/remains.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// What a git hook, an agent, a virtual environment and a user have.
const std::map<std::string, std::string>& worst_variables() {
  static const std::map<std::string, std::string> variables{{"GIT_DIR", "/nowhere/.git"},
                                                            {"GIT_INDEX_FILE", "/nowhere/index"},
                                                            {"GIT_WORK_TREE", "/nowhere"},
                                                            {"GIT_CONFIG_COUNT", "1"},
                                                            {"GIT_CONFIG_KEY_0", "core.bare"},
                                                            {"GIT_CONFIG_VALUE_0", "true"},
                                                            {"CLAUDECODE", "1"},
                                                            {"NODE_OPTIONS", "--bad"},
                                                            {"VIRTUAL_ENV", "/nowhere"},
                                                            {"PYTHONPATH", "/nowhere"},
                                                            {"TMUX", "/nowhere,1,0"},
                                                            {"TMPDIR", "/nowhere"},
                                                            {"WORST", "here"},
                                                            {"NAMED", "passed on"}};
  return variables;
}

// Shows what it has around it.
constexpr const char* looking_agent = R"script(#!/bin/sh
exec >"$(dirname "$0")/seen.new"
env
echo "umask $(umask)"
echo "nice $(nice)"
echo "directory $(pwd -P)"
echo "oom $(cat /proc/self/oom_score_adj)"
grep -E '^Sig(Blk|Ign)' /proc/self/status
grep -E 'Max (open files|file size|core)' /proc/$$/limits
ls -l /proc/$$/fd
mv "$(dirname "$0")/seen.new" "$(dirname "$0")/seen"
exec sleep 100
)script";

// Becomes the command that it is given.
constexpr const char* worst_shell = R"script(
gone=$(mktemp -d /var/tmp/yardmaster-test-gone-XXXXXX) && cd "$gone" && rmdir "$gone"
umask 0
ulimit -S -f 20000
ulimit -S -n 100
trap '' PIPE CHLD HUP USR1
echo 500 > /proc/self/oom_score_adj
exec 7</etc/passwd
exec nice -n 5 "$0" "$@" <&-
)script";

class FromTheWorst : public testing::Test {
 protected:
  FromTheWorst() {
    write_file(scratch_ / "agent", looking_agent);
    fs::permissions(scratch_ / "agent", fs::perms(0755));
    write_file(scratch_ / "config.json",
               json{{"agent_environment", {"NAMED", "FIXED=set"}}}.dump());
    fs::create_directories(repository());
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"init", "--quiet", "--initial-branch=main"},
          std::vector<std::string>{"commit", "--quiet", "--allow-empty", "--message=Begin"}}) {
      std::vector<std::string> argv{"git",           "-C", repository().string(),       "-c",
                                    "user.name=Ada", "-c", "user.email=ada@example.org"};
      argv.insert(argv.end(), words.begin(), words.end());
      EXPECT_EQ(run({.argv = argv}).status, 0);
    }
  }
  ~FromTheWorst() override {
    yardmaster({"stop"});
    const loadgen::Remains ended(scratch_ / "run/tmux.sock", (scratch_ / "state").string() + "#");
  }

  std::vector<std::string> places() const {
    return {"--state-dir",   (scratch_ / "state").string(),
            "--runtime-dir", (scratch_ / "run").string(),
            "--config",      (scratch_ / "config.json").string()};
  }
  Finished yardmaster(std::vector<std::string> words) {
    const auto all = places();
    words.insert(words.end(), all.begin(), all.end());
    return run_yardmaster(words);
  }
  json reply(std::vector<std::string> words) {
    words.emplace_back("--json");
    const Finished finished = yardmaster(std::move(words));
    EXPECT_EQ(finished.status, 0) << finished.errors;
    return json::parse(finished.output, nullptr, false);
  }
  void start_from(std::vector<std::string> shell, std::map<std::string, std::string> variables) {
    shell.insert(shell.end(), {yardmaster_program(), "start"});
    const auto all = places();
    shell.insert(shell.end(), all.begin(), all.end());
    const Finished started = run({.argv = shell, .environment = std::move(variables)});
    ASSERT_EQ(started.status, 0) << started.errors;
  }
  // What the agent has seen, in a yard of its own.
  std::string seen_by_agent() {
    fs::remove(scratch_ / "seen");
    const Finished added = yardmaster({"repo", "add", repository().string()});
    EXPECT_EQ(added.status, 0) << added.errors;
    const Finished spawned =
        yardmaster({"spawn", "worker", "--name", "ada", "--agent", (scratch_ / "agent").string()});
    EXPECT_EQ(spawned.status, 0) << spawned.errors;
    EXPECT_TRUE(eventually([&] { return fs::exists(scratch_ / "seen"); }));
    return read_file(scratch_ / "seen");
  }
  fs::path repository() const { return scratch_ / "project"; }

  TemporaryDirectory scratch_;
};

std::string line_of(const std::string& text, const std::string& beginning) {
  const std::size_t at = ("\n" + text).find("\n" + beginning);
  if (at == std::string::npos) return "";
  return text.substr(at, text.find('\n', at) - at);
}

TEST_F(FromTheWorst, nothing_of_it_reaches_the_daemon_or_its_agents) {
  std::map<std::string, std::string> variables = worst_variables();
  variables["YARDMASTER_LOG_LEVEL"] = "debug";
  start_from({"sh", "-c", worst_shell}, variables);
  const pid_t pid = reply({"status"})["pid"].get<pid_t>();
  const fs::path daemon = "/proc/" + std::to_string(pid);
  const std::string seen = seen_by_agent();
  for (const std::string& text : {read_file(daemon / "environ"), seen}) {
    for (const auto& [name, value] : worst_variables()) {
      if (name == "NAMED" || name == "TMUX") continue;
      EXPECT_EQ(text.find(name + "=" + value), std::string::npos) << name;
    }
    EXPECT_THAT(text, HasSubstr("NAMED=passed on"));
    EXPECT_THAT(text, HasSubstr("FIXED=set"));
    EXPECT_THAT(text, Not(HasSubstr("YARDMASTER_LOG_LEVEL")));
    EXPECT_THAT(text, Not(HasSubstr("TMUX=/nowhere")));
  }
  EXPECT_EQ(fs::read_symlink(daemon / "cwd"), "/");
  EXPECT_EQ(fs::read_symlink(daemon / "fd/0"), "/dev/null");
  for (const auto& entry : fs::directory_iterator(daemon / "fd")) {
    std::error_code closed_meanwhile;
    EXPECT_NE(fs::read_symlink(entry, closed_meanwhile), "/etc/passwd");
  }
  EXPECT_EQ(line_of(seen, "umask"), "umask 0022");
  EXPECT_EQ(line_of(seen, "directory"),
            "directory " + (scratch_ / "state/worktrees/project/ada").string());
  EXPECT_EQ(line_of(seen, "PWD"), "PWD=" + (scratch_ / "state/worktrees/project/ada").string());
  EXPECT_EQ(line_of(seen, "SigIgn"), "SigIgn:\t0000000000000000");
  EXPECT_EQ(line_of(seen, "SigBlk"), "SigBlk:\t0000000000000000");
  EXPECT_THAT(line_of(seen, "Max file size"), Not(HasSubstr("20000")));
  EXPECT_THAT(seen, Not(HasSubstr("/etc/passwd")));
  if (::geteuid() == 0) {
    EXPECT_EQ(line_of(seen, "nice"), "nice 0");
    EXPECT_EQ(line_of(seen, "oom"), "oom 0");
  }
}

TEST_F(FromTheWorst, an_agent_has_the_same_as_one_of_a_daemon_that_cron_started) {
  start_from({"sh", "-c", worst_shell}, {{"NAMED", "x"}, {"WORST", "here"}});
  const std::string from_shell = seen_by_agent();
  yardmaster({"stop-all", "--yes"});
  fs::remove_all(scratch_ / "state");
  start_from({"env", "-i", "NAMED=x"}, {});
  const std::string from_cron = seen_by_agent();
  for (const char* beginning : {"PATH", "HOME", "USER", "LANG", "SHELL", "umask", "nice", "SigIgn",
                                "Max open files", "Max file size", "Max core", "oom"}) {
    EXPECT_EQ(line_of(from_shell, beginning), line_of(from_cron, beginning)) << beginning;
    EXPECT_NE(line_of(from_cron, beginning), "") << beginning;
  }
}

TEST_F(FromTheWorst, what_agents_get_can_be_seen_before_and_after) {
  const Finished shown = yardmaster({"config", "show"});
  EXPECT_THAT(shown.output, HasSubstr("FIXED=***"));
  EXPECT_THAT(shown.output, HasSubstr("    LANG=C.UTF-8"));
  EXPECT_EQ(reply({"config", "show"})["agents"]["environment"]["LANG"], "C.UTF-8");
  start_from({"env"}, worst_variables());
  const Finished examined = yardmaster({"doctor"});
  EXPECT_THAT(examined.output, HasSubstr("agents' surroundings"));
  EXPECT_THAT(examined.output, HasSubstr("FIXED, HOME, LANG, LOGNAME, NAMED, PATH"));
}

}  // namespace
}  // namespace yardmaster::support
