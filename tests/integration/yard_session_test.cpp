// The command line as a user has it: real repositories, worktrees, windows and agents, which are
// small shell scripts.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "loadgen/real/remains.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Says hello, shows its task, and waits; ends its task when the file `finish` of the test is there.
constexpr const char* agent_script = R"(#!/bin/sh
"$AGENT_YARDMASTER" hook session-start </dev/null
echo "agent $YARDMASTER_INSTANCE begins: $*"
until [ -e "$FINISH" ]; do sleep 0.05; done
"$AGENT_YARDMASTER" complete --summary "all done"
sleep 100
)";

// Hangs instead of connecting, as a server that is not there does.
constexpr const char* hanging_script = "#!/bin/sh\nexec sleep 100\n";

class YardSession : public testing::Test {
 protected:
  YardSession() {
    write_program("agent", agent_script);
    write_program("hang", hanging_script);
    make_repository(repository());
    start_daemon();
  }

  ~YardSession() override {
    daemon_->kill();
    const loadgen::Remains ended(tmux_socket(), daemon_->state_dir().string() + "#");
  }

  void start_daemon() {
    const json config{{"agent_command", (scratch_ / "agent").string() + " {task}"},
                      {"kill_grace", "1s"},
                      {"settle_time", "3s"},
                      {"agent_environment",
                       {"AGENT_YARDMASTER", "FINISH", "WHOSE", "GIT_SSH", "GIT_CONFIG_GLOBAL"}}};
    auto environment = agent_variables();
    environment["WHOSE"] = "the daemon's";
    environment["GIT_SSH"] = (scratch_ / "hang").string();
    environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
    daemon_.emplace(DaemonOptions{.config = config.dump(), .environment = environment});
  }

  std::map<std::string, std::string> agent_variables() const {
    return {{"AGENT_YARDMASTER", yardmaster_program()}, {"FINISH", finish().string()}};
  }

  void write_program(const std::string& name, const std::string& text) {
    write_file(scratch_ / name, text);
    fs::permissions(scratch_ / name, fs::perms(0755));
  }

  std::string git(const fs::path& directory, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"git", "-C", directory.string(), "-c", "user.name=Ada", "-c",
                      "user.email=ada@example.org", "-c", "commit.gpgsign=false"});
    const auto result = run({.argv = arguments});
    EXPECT_EQ(result.status, 0) << arguments[9] << ": " << result.errors;
    return result.output;
  }

  void make_repository(const fs::path& path) {
    fs::create_directories(path);
    git(path, {"init", "--quiet", "--initial-branch=main"});
    write_file(path / "README", "a project\n");
    git(path, {"add", "README"});
    git(path, {"commit", "--quiet", "--message=Begin"});
  }

  fs::path repository() const { return scratch_ / "project"; }
  fs::path finish() const { return scratch_ / "finish"; }
  std::string tmux_socket() const { return (daemon_->runtime_dir() / "tmux.sock").string(); }

  Finished command(const std::vector<std::string>& arguments) {
    return daemon_->command(arguments);
  }
  // Runs it in a directory, as a user who went there.
  Finished command_in(const fs::path& directory, const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{"env", "-C", directory.string(), yardmaster_program()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const auto places = daemon_->directories();
    argv.insert(argv.end(), places.begin(), places.end());
    return run({.argv = std::move(argv)});
  }
  // The output of a command that must succeed.
  std::string output(const std::vector<std::string>& arguments) {
    const auto result = command(arguments);
    EXPECT_EQ(result.status, 0) << arguments[0] << ": " << result.errors;
    return result.output;
  }
  void expect_refusal(const std::vector<std::string>& arguments, int status,
                      const std::string& says) {
    const auto result = command(arguments);
    EXPECT_EQ(result.status, status) << arguments[0] << ": " << result.output;
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(says));
  }

  json listed(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    return json::parse(output(arguments));
  }
  json instances() { return listed({"ls"})["instances"]; }
  json instance(const std::string& name) {
    for (const json& each : instances()) {
      if (each["instance_id"] == name) return each;
    }
    return nullptr;
  }
  bool all_gone() {
    return eventually([&] { return instances().empty(); });
  }
  // The persistent instances that the daemon would start again.
  std::string wanted() {
    const char* query = "SELECT name FROM wanted_instances ORDER BY name";
    const auto result = run({.argv = {"sqlite3", daemon_->database().string(), query}});
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.output;
  }
  std::size_t worktrees_of(const fs::path& path) {
    const std::string list = git(path, {"worktree", "list", "--porcelain"});
    std::size_t count = 0;
    for (std::size_t at = 0; (at = list.find("worktree ", at)) != std::string::npos; ++at) ++count;
    return count;
  }
  void add_repository() { output({"repo", "add", repository().string()}); }

  TemporaryDirectory scratch_;
  std::optional<DaemonProcess> daemon_;
};

TEST_F(YardSession, goes_as_the_readme_shows_it) {
  const auto added = command_in(repository(), {"repo", "add", "."});
  EXPECT_EQ(added.status, 0) << added.errors;
  EXPECT_THAT(added.output, HasSubstr(repository().string()));
  EXPECT_THAT(output({"repo", "ls"}), AllOf(HasSubstr("project"), HasSubstr("ready")));

  const std::string spawned = output({"spawn", "worker", "--task", "Fix issue 12"});
  EXPECT_THAT(spawned, AllOf(HasSubstr("worker-1"), HasSubstr("instance/worker-1 from main"),
                             HasSubstr("attach worker-1")));
  const json worker = instance("worker-1");
  ASSERT_FALSE(worker.is_null());
  EXPECT_EQ(worker["repo"], "project");
  EXPECT_TRUE(fs::exists(fs::path(worker["worktree_path"].get<std::string>()) / "README"));
  EXPECT_THAT(output({"ls"}), AllOf(HasSubstr("worker-1"), HasSubstr("Fix issue 12")));
  EXPECT_TRUE(eventually([&] {
    return output({"logs", "worker-1"}).find("worker-1 begins: Fix issue 12") != std::string::npos;
  }));

  write_file(finish(), "");
  EXPECT_TRUE(all_gone());
  EXPECT_THAT(output({"ls"}), HasSubstr("no instances"));
  EXPECT_THAT(output({"ls", "--all"}), AllOf(HasSubstr("worker-1"), HasSubstr("gone")));
  EXPECT_THAT(output({"history"}), AllOf(HasSubstr("worker-1"), HasSubstr("all done")));
  EXPECT_THAT(output({"history", "worker-1"}), HasSubstr("Fix issue 12"));
  EXPECT_EQ(worktrees_of(repository()), 1U);
  EXPECT_THAT(output({"logs", "worker-1", "-n", "50"}), HasSubstr("Fix issue 12"));
}

TEST_F(YardSession, gives_back_with_one_pasted_command_what_rm_force_took) {
  add_repository();
  output({"spawn", "worker", "--name", "ada"});
  const fs::path worktree = instance("ada")["worktree_path"].get<std::string>();
  write_file(worktree / "README", "changed\n");
  write_file(worktree / "new file", "untracked\n");

  const std::string removed = output({"rm", "ada", "--force"});
  EXPECT_FALSE(fs::exists(worktree));
  const std::size_t begin = removed.find("yardmaster rescue restore");
  ASSERT_NE(begin, std::string::npos) << removed;
  const std::string pasted = removed.substr(begin, removed.find('\n', begin) - begin);
  EXPECT_THAT(output({"rescue", "ls"}), HasSubstr("ada"));
  EXPECT_THAT(output({"history"}), HasSubstr("ada"));

  const std::string path = fs::path(yardmaster_program()).parent_path().string() + ":/usr/bin:/bin";
  const auto restored =
      run({.argv = {"sh", "-c", pasted + " --branch again"}, .environment = {{"PATH", path}}});
  EXPECT_EQ(restored.status, 0) << pasted << ": " << restored.errors;
  EXPECT_EQ(git(repository(), {"show", "again:README"}), "changed\n");
  EXPECT_EQ(git(repository(), {"show", "again:new file"}), "untracked\n");
  EXPECT_EQ(read_file(repository() / "README"), "a project\n") << "the user's own files";

  const fs::path into = scratch_ / "into";
  output({"rescue", "restore", "ada", "--into", into.string(), "--branch", "once-more"});
  EXPECT_EQ(read_file(into / "new file"), "untracked\n");
  expect_refusal({"rescue", "restore", "nobody"}, 2, "rescue ls");
}

TEST_F(YardSession, rm_of_what_did_nothing_rescues_nothing) {
  add_repository();
  output({"spawn", "worker"});
  const std::string removed = output({"rm", "worker-1"});
  EXPECT_THAT(removed, AllOf(HasSubstr("worker-1 is gone"), Not(HasSubstr("rescue"))));
  EXPECT_THAT(output({"rescue", "ls"}), HasSubstr("no rescue is known"));
  expect_refusal({"rm", "worker-1"}, 2, "worker-1");
}

TEST_F(YardSession, knows_the_repository_that_one_is_in) {
  const fs::path other = scratch_ / "other";
  make_repository(other);
  fs::create_directories(other / "lib");
  add_repository();
  output({"repo", "add", other.string()});
  expect_refusal({"spawn", "worker"}, 2, "--repo");
  const auto inside = command_in(other / "lib", {"spawn", "worker", "--json"});
  ASSERT_EQ(inside.status, 0) << inside.errors;
  const json first = json::parse(inside.output);
  EXPECT_EQ(first["repo"], "other");
  const auto from_worktree =
      command_in(first["worktree_path"].get<std::string>(), {"spawn", "worker", "--json"});
  ASSERT_EQ(from_worktree.status, 0) << from_worktree.errors;
  EXPECT_EQ(json::parse(from_worktree.output)["repo"], "other");
  EXPECT_EQ(listed({"ls", "--repo", "project"})["instances"].size(), 0U);
  EXPECT_EQ(listed({"ls", "--repo", "other"})["instances"].size(), 2U);
}

TEST_F(YardSession, refuses_in_one_line_and_leaves_nothing) {
  fs::create_directories(scratch_ / "plain");
  expect_refusal({"spawn", "worker"}, 2, "repo add");
  expect_refusal({"repo", "add", (scratch_ / "plain").string()}, 1, "not a git repository");
  add_repository();
  expect_refusal({"spawn", "worker", "--repo", "none"}, 2, "none");
  expect_refusal({"spawn", "juggler"}, 2, "juggler");
  expect_refusal({"spawn", "worker", "--name", "Not a name"}, 2, "Not a name");
  expect_refusal({"spawn", "worker", "--from", "no-such-ref"}, 2, "no-such-ref");
  expect_refusal({"spawn", "worker", "--agent", "/no/such/agent"}, 2, "/no/such/agent");
  expect_refusal({"spawn", "worker", "--agent", "sh -c 'echo out of fuel; sleep 0.2; exit 3'"}, 1,
                 "out of fuel");
  expect_refusal({"attach", "nobody"}, 2, "nobody");
  EXPECT_TRUE(instances().empty());
  EXPECT_EQ(worktrees_of(repository()), 1U);
  EXPECT_THAT(git(repository(), {"branch", "--list", "instance/*"}), "");
}

TEST_F(YardSession, a_taken_name_is_refused_and_its_owner_undisturbed) {
  add_repository();
  output({"spawn", "worker", "--name", "ada"});
  const json before = instance("ada");
  expect_refusal({"spawn", "worker", "--name", "ada"}, 1, "ada");
  EXPECT_EQ(instance("ada")["pid"], before["pid"]);
  expect_refusal({"repo", "rm", "project"}, 1, "project");
  EXPECT_FALSE(instance("ada").is_null());
  EXPECT_THAT(output({"repo", "rm", "project", "--force"}), HasSubstr(repository().string()));
  EXPECT_TRUE(instances().empty());
  EXPECT_TRUE(fs::exists(repository() / "README"));
}

TEST_F(YardSession, keeps_nothing_of_a_clone_that_failed_or_was_cancelled) {
  expect_refusal({"repo", "add", "file:///nonexistent/project.git"}, 1, "cannot clone");
  EXPECT_TRUE(listed({"repo", "ls"})["repos"].empty());

  auto argv = daemon_->directories();
  argv.insert(argv.begin(), {yardmaster_program(), "repo", "add", "ssh://nowhere.invalid/x.git"});
  ChildProcess cloning({.argv = argv});
  ASSERT_TRUE(eventually([&] { return !listed({"repo", "ls"})["repos"].empty(); }));
  cloning.signal(SIGINT);
  EXPECT_EQ(cloning.wait(), 1);
  EXPECT_THAT(cloning.errors(), HasSubstr("cancelled"));
  EXPECT_TRUE(listed({"repo", "ls"})["repos"].empty());
}

TEST_F(YardSession, logs_follow_an_agent_until_it_ends) {
  add_repository();
  output({"spawn", "worker", "--task", "follow me"});
  auto argv = daemon_->directories();
  argv.insert(argv.begin(), {yardmaster_program(), "logs", "worker-1", "-f"});
  ChildProcess follower({.argv = argv});
  EXPECT_TRUE(eventually([&] { return follower.output().find("follow me") != std::string::npos; }));
  output({"rm", "worker-1"});
  EXPECT_EQ(follower.wait(), 0) << follower.errors();
}

TEST_F(YardSession, an_agent_in_the_foreground_is_the_command_itself) {
  add_repository();
  auto argv = daemon_->directories();
  argv.insert(argv.begin(),
              {yardmaster_program(), "spawn", "worker", "--foreground", "--task", "in front"});
  auto environment = agent_variables();
  environment["WHOSE"] = "the person's";
  ChildProcess agent({.argv = argv, .environment = environment});
  ASSERT_TRUE(eventually([&] { return agent.output().find("in front") != std::string::npos; }))
      << agent.errors();
  EXPECT_THAT(read_file("/proc/" + std::to_string(agent.pid()) + "/environ"),
              AllOf(HasSubstr("WHOSE=the person's"), HasSubstr("YARDMASTER_TOKEN="),
                    HasSubstr("YARDMASTER_INSTANCE=worker-1")));
  const json worker = instance("worker-1");
  ASSERT_FALSE(worker.is_null());
  EXPECT_EQ(worker["pid"], agent.pid());
  const fs::path worktree = worker["worktree_path"].get<std::string>();
  EXPECT_EQ(fs::read_symlink("/proc/" + std::to_string(agent.pid()) + "/cwd"), worktree);
  expect_refusal({"attach", "worker-1"}, 1, "no window");
  agent.signal(SIGTERM);
  EXPECT_TRUE(agent.wait().has_value());
  EXPECT_TRUE(all_gone());
  EXPECT_FALSE(fs::exists(worktree));
}

TEST_F(YardSession, attach_shows_the_window_even_from_within_another_tmux) {
  if (run({.argv = {"sh", "-c", "command -v script"}}).status != 0) GTEST_SKIP() << "no script(1)";
  add_repository();
  output({"spawn", "worker"});
  output({"spawn", "worker", "--name", "0"});  // tmux would take the name for the first window
  expect_refusal({"attach", "0"}, 2, "needs a terminal");
  std::string words = yardmaster_program() + " attach 0 --read-only";
  for (const std::string& word : daemon_->directories()) words += " " + word;
  ChildProcess terminal({.argv = {"script", "--quiet", "--command", words, "/dev/null"},
                         .environment = {{"TERM", "xterm"}, {"TMUX", "/elsewhere,1,0"}}});
  const auto clients = [&] {
    return run({.argv = {"tmux", "-S", tmux_socket(), "list-clients", "-F",
                         "#{session_name}:#{window_name}:#{client_readonly}"}})
        .output;
  };
  const std::string expected = instance("0").value("tmux_session", "") + ":0:1";
  EXPECT_TRUE(eventually([&] { return clients().find(expected) != std::string::npos; }))
      << clients() << terminal.output();
}

TEST_F(YardSession, cleanup_says_first_what_it_would_take) {
  add_repository();
  EXPECT_THAT(output({"cleanup"}), HasSubstr("nothing to clean up"));
  EXPECT_THAT(output({"repair"}), HasSubstr("nothing to repair"));
  const fs::path stray = daemon_->state_dir() / "worktrees/project/stray";
  git(repository(), {"worktree", "add", "--quiet", "-b", "stray", stray.string()});
  write_file(stray / "work", "unsaved\n");
  output({"spawn", "worker"});
  const fs::path worktree = instance("worker-1")["worktree_path"].get<std::string>();
  const fs::path beside = worktree.parent_path() / "beside";
  git(worktree, {"worktree", "add", "--quiet", "-b", "beside", beside.string()});
  const std::string planned = output({"cleanup", "--dry-run"});
  EXPECT_THAT(planned, AllOf(HasSubstr("stray"), HasSubstr("without --dry-run")));
  EXPECT_TRUE(fs::exists(stray));
  EXPECT_THAT(output({"cleanup"}), HasSubstr("rescue restore refs/yardmaster/rescue/stray/"));
  EXPECT_FALSE(fs::exists(stray));
  EXPECT_TRUE(fs::exists(worktree) && fs::exists(beside)) << "somebody works there, and made that";
}

TEST_F(YardSession, init_starts_two_persistent_roles_and_stop_all_ends_everything) {
  const auto begun = command_in(repository(), {"init", "."});
  EXPECT_EQ(begun.status, 0) << begun.errors;
  const json supervisor = instance("project-supervisor");
  const json merge_queue = instance("project-merge-queue");
  ASSERT_FALSE(supervisor.is_null());
  ASSERT_FALSE(merge_queue.is_null());
  EXPECT_EQ(supervisor["role"], "supervisor");
  EXPECT_EQ(merge_queue["role"], "merge-queue");
  EXPECT_EQ(command_in(repository(), {"init", "."}).status, 0) << "it can be repeated";
  EXPECT_EQ(instance("project-supervisor")["pid"], supervisor["pid"]);

  const pid_t pid = supervisor["pid"].get<pid_t>();
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  EXPECT_TRUE(eventually([&] {
    const json again = instance("project-supervisor");
    return !again.is_null() && again.value("pid", pid) != pid && again["state"] != "starting";
  })) << "it is persistent";
  EXPECT_EQ(wanted(), "project-merge-queue\nproject-supervisor\n");

  write_file(fs::path(merge_queue["worktree_path"].get<std::string>()) / "work", "unsaved\n");
  expect_refusal({"stop-all", "--clean"}, 2, "--yes");
  EXPECT_EQ(instances().size(), 2U);
  const std::string stopped = output({"stop-all", "--clean", "--yes"});
  EXPECT_THAT(stopped, AllOf(HasSubstr("project-supervisor is gone"), HasSubstr("rescue restore"),
                             HasSubstr("project is removed"), HasSubstr("yardmaster stopped")));
  EXPECT_EQ(daemon_->process().wait(), 0);
  EXPECT_NE(run({.argv = {"tmux", "-S", tmux_socket(), "list-sessions"}}).status, 0);
  EXPECT_EQ(worktrees_of(repository()), 1U);
  expect_refusal({"ls"}, 5, "yardmaster start");

  EXPECT_EQ(wanted(), "") << "one that is wanted comes back a while after the start";
  daemon_->start();
  EXPECT_TRUE(instances().empty());
  EXPECT_TRUE(listed({"repo", "ls"})["repos"].empty());
}

}  // namespace
}  // namespace yardmaster::support
