// Many things may happen to a real instance, and nothing of it may stay and no work be lost: these
// tests count that from outside, in /proc, by git, by tmux and in the file system.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "loadgen/real/outside_view.h"
#include "loadgen/real/remains.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Leaves processes behind in every way, and work that nobody committed. Longer than any test looks
// at it, and short enough to be left behind by a test that is killed.
constexpr const char* agent_script = R"(#!/bin/sh
echo "agent $YARDMASTER_INSTANCE begins"
sleep 110 &
setsid sleep 110 &
(setsid sh -c 'sleep 110 & sleep 110' &)
echo "work of $YARDMASTER_INSTANCE" > unsaved
exec sleep 110
)";

class Life : public testing::Test {
 protected:
  Life() {
    write_file(scratch_ / "agent", agent_script);
    fs::permissions(scratch_ / "agent", fs::perms(0755));
    fs::create_directories(repository());
    git({"init", "--quiet", "--initial-branch=main"});
    write_file(repository() / "README", "a project\n");
    git({"add", "README"});
    git({"commit", "--quiet", "--message=Begin"});
    const json config{{"agent_command", (scratch_ / "agent").string()},
                      {"kill_grace", "1s"},
                      {"settle_time", "100ms"},
                      {"sweep_interval", "500ms"}};
    daemon_.emplace(DaemonOptions{.config = config.dump()});
    daemon_->call("add_repo", {{"path", repository().string()}, {"name", "project"}});
  }
  ~Life() override {
    daemon_->kill();
    const loadgen::Remains ended(tmux_socket(), token_prefix());
  }

  std::string git_in(const fs::path& directory, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"git", "-C", directory.string(), "-c", "user.name=Ada",
                                         "-c", "user.email=ada@example.org"});
    return run({.argv = arguments}).output;
  }
  std::string git(std::vector<std::string> arguments) {
    return git_in(repository(), std::move(arguments));
  }
  Finished tmux(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"tmux", "-S", tmux_socket()});
    return run({.argv = arguments});
  }
  // The server ends soon after this process, also when that is killed.
  void end_tmux_with_this_process() {
    tmux({"run-shell", "-b",
          "n=0; while [ -d /proc/" + std::to_string(::getpid()) +
              " ] && [ $n -lt 600 ]; do sleep 1; n=$((n+1)); done; tmux -N -S '" + tmux_socket() +
              "' kill-server"});
  }
  fs::path repository() const { return scratch_ / "project"; }
  std::string tmux_socket() const { return (daemon_->runtime_dir() / "tmux.sock").string(); }
  std::string token_prefix() const { return daemon_->state_dir().string() + "#"; }
  // Names of the persistent instances that would be started again.
  std::string wanted() const {
    const auto result = run({.argv = {"sqlite3", "-readonly", daemon_->database().string(),
                                      "SELECT name FROM wanted_instances"}});
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.output;
  }

  json spawn(const std::string& name, const std::string& role = "worker") {
    const json instance = daemon_->call(
        "allocate_instance", {{"instance_id", name}, {"role", role}, {"repo", "project"}});
    end_tmux_with_this_process();
    const fs::path work = fs::path(instance["worktree_path"].get<std::string>()) / "unsaved";
    EXPECT_TRUE(eventually([&] { return fs::exists(work) && !fs::is_empty(work); }));
    return instance;
  }
  std::set<std::string> living() {
    std::set<std::string> names;
    const json listed = daemon_->call("list_instances");
    for (const json& each : listed["instances"]) {
      names.insert(each["instance_id"].get<std::string>());
    }
    return names;
  }

  std::size_t processes() const { return loadgen::processes_with_token(token_prefix()).size(); }
  // Leaves things as after a reboot: nothing runs any more.
  void end_everything() {
    daemon_->kill();
    tmux({"kill-server"});
    fs::remove(tmux_socket());
    loadgen::kill_processes_with_token(token_prefix());
    EXPECT_EQ(processes(), 0U);
  }
  // Returns everything that an instance could leave.
  std::vector<std::string> remains() {
    std::vector<std::string> found;
    if (const std::size_t count = processes())
      found.push_back(std::to_string(count) + " processes");
    const std::string worktrees = git({"worktree", "list"});
    if (std::count(worktrees.begin(), worktrees.end(), '\n') != 1) found.push_back(worktrees);
    if (const std::string branches = git({"branch", "--list", "instance/*"}); !branches.empty()) {
      found.push_back(branches);
    }
    if (const auto panes = tmux({"list-panes", "-a", "-F", "#{session_name}"});
        panes.output.find("yard-") != std::string::npos) {
      found.push_back("windows: " + panes.output);
    }
    for (const char* place : {"worktrees/project", "worktrees/.trash", "prompts", "launch"}) {
      std::error_code failure;
      for (const auto& entry : fs::directory_iterator(daemon_->state_dir() / place, failure)) {
        found.push_back(entry.path().string());
      }
    }
    for (const auto& entry : fs::directory_iterator(daemon_->runtime_dir())) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("instance-")) found.push_back(name);
    }
    return found;
  }
  void expect_nothing_left() {
    EXPECT_TRUE(eventually([&] { return living().empty() && remains().empty(); }))
        << ::testing::PrintToString(remains()) << daemon_->log();
  }
  // The work that nobody had committed is in a rescue of that instance.
  void expect_rescued(const std::string& name) {
    bool found = false;
    const json listed = daemon_->call("list_rescues");
    for (const json& each : listed["rescues"]) {
      if (each["instance"] != name) continue;
      found =
          git({"show", each["ref"].get<std::string>() + ":unsaved"}) == "work of " + name + "\n";
    }
    EXPECT_TRUE(found) << name;
  }
  void expect_all_taken_back(const std::vector<std::string>& names) {
    expect_nothing_left();
    for (const std::string& name : names) expect_rescued(name);
  }

  TemporaryDirectory scratch_;
  std::optional<DaemonProcess> daemon_;
};

TEST_F(Life, an_agent_that_dies_leaves_nothing_and_loses_nothing) {
  const json ada = spawn("ada");
  ::kill(ada["pid"].get<pid_t>(), SIGKILL);
  expect_all_taken_back({"ada"});
  const json listed = daemon_->call("list_instances", {{"state", "gone"}});
  const json& gone = listed["instances"][0];
  EXPECT_EQ(gone["reason"], "killed by SIGKILL");
  EXPECT_EQ(gone["exit_status"], "signal 9");
  EXPECT_THAT(gone["last_output"].get<std::string>(), HasSubstr("agent ada begins"));
}

TEST_F(Life, a_killed_window_ends_its_instance_alone) {
  spawn("ada");
  spawn("ada-1");
  tmux({"kill-window", "-t", "=yard-project:=ada"});
  EXPECT_TRUE(eventually([&] { return living() == std::set<std::string>{"ada-1"}; }));
  expect_rescued("ada");
  daemon_->call("release_instance", {{"instance_id", "ada-1"}});
  expect_all_taken_back({"ada-1"});
}

TEST_F(Life, a_killed_session_ends_its_instances) {
  spawn("ada");
  spawn("bob");
  tmux({"kill-session", "-t", "=yard-project"});
  expect_all_taken_back({"ada", "bob"});
}

TEST_F(Life, a_killed_tmux_server_ends_all_and_the_next_spawn_works) {
  spawn("ada");
  spawn("bob");
  tmux({"kill-server"});
  expect_all_taken_back({"ada", "bob"});
  spawn("ada");
  daemon_->call("release_instance", {{"instance_id", "ada"}, {"force", true}});
  expect_nothing_left();
}

TEST_F(Life, agents_outlive_the_daemon_and_are_taken_up_again) {
  const json ada = spawn("ada");
  const json bob = spawn("bob");
  daemon_->kill();
  EXPECT_EQ(::kill(ada["pid"].get<pid_t>(), 0), 0);
  ::kill(bob["pid"].get<pid_t>(), SIGKILL);
  daemon_->start();
  EXPECT_TRUE(eventually([&] { return living() == std::set<std::string>{"ada"}; }));
  expect_rescued("bob");
  ::kill(ada["pid"].get<pid_t>(), SIGKILL);
  expect_all_taken_back({"ada", "bob"});
}

// Nothing is left of the agents but the database and what is on the disk.
TEST_F(Life, after_a_reboot_everything_is_taken_back) {
  spawn("ada");
  spawn("bob");
  end_everything();
  daemon_->start();
  expect_all_taken_back({"ada", "bob"});
}

// tmux keeps a client that it still has something to tell, also when nobody hears it any more, and
// a server that shall end waits for it.
TEST_F(Life, a_killed_daemon_leaves_no_connection_to_tmux) {
  spawn("ada");
  const auto clients = [&] { return tmux({"list-clients", "-F", "#{client_pid}"}).output; };
  ASSERT_THAT(clients(), Not(IsEmpty()));
  const pid_t server = std::stoi(tmux({"display-message", "-p", "#{pid}"}).output);
  ::kill(daemon_->pid(), SIGSTOP);
  std::string renames;
  for (int i = 0; i < 800; ++i) {  // over a megabyte in all: more than pipe and socket hold
    renames += "rename-window -t =yardmaster-control: " + std::string(1'500, 'w') +
               std::to_string(i) + "\n";
  }
  write_file(scratch_ / "renames", renames);
  ASSERT_EQ(tmux({"source-file", (scratch_ / "renames").string()}).status, 0);
  daemon_->kill();
  EXPECT_TRUE(eventually([&] { return clients().empty(); })) << clients();
  tmux({"kill-server"});
  EXPECT_TRUE(eventually([&] { return ::kill(server, 0) != 0; }));
}

// Somebody has tidied up everything but the database.
TEST_F(Life, rows_alone_are_ended) {
  const json ada = spawn("ada");
  const json bob = spawn("bob");
  end_everything();
  for (const json& each : {ada, bob}) {
    git({"worktree", "remove", "--force", "--force", each["worktree_path"].get<std::string>()});
    git({"branch", "--quiet", "-D", each["branch"].get<std::string>()});
  }
  daemon_->start();
  expect_nothing_left();
  const json listed = daemon_->call("list_instances", {{"state", "gone"}});
  EXPECT_EQ(listed["instances"].size(), 2U);
  for (const json& gone : listed["instances"]) EXPECT_EQ(gone["reason"], "tmux server ended");
  EXPECT_TRUE(daemon_->call("list_rescues")["rescues"].empty());
}

TEST_F(Life, a_worktree_deleted_by_hand_ends_its_instance_and_its_commits_are_saved) {
  const fs::path worktree = spawn("ada")["worktree_path"].get<std::string>();
  git_in(worktree, {"add", "unsaved"});
  git_in(worktree, {"commit", "--quiet", "--message=Work"});
  fs::remove_all(worktree);
  expect_all_taken_back({"ada"});
}

TEST_F(Life, an_orphaned_worktree_is_removed_and_its_work_saved) {
  const fs::path path = daemon_->state_dir() / "worktrees" / "project" / "orphan";
  daemon_->kill();
  git({"worktree", "add", "--quiet", "-b", "instance/orphan", path.string(), "main"});
  write_file(path / "unsaved", "work of orphan\n");
  daemon_->start();
  EXPECT_TRUE(eventually([&] { return !fs::exists(path); }));
  // The branch is not one that the coordinator made.
  EXPECT_TRUE(eventually([&] {
    git({"branch", "--quiet", "-D", "instance/orphan"});
    return git({"branch", "--list", "instance/*"}).empty();
  }));
  expect_all_taken_back({"orphan"});
}

TEST_F(Life, spawns_that_a_killed_daemon_began_are_finished_or_undone) {
  constexpr int spawns = 10;
  auto connection = daemon_->connect();
  for (int i = 0; i < spawns; ++i) {
    const json request{
        {"command", "allocate_instance"},
        {"args",
         {{"instance_id", "bee-" + std::to_string(i)}, {"role", "worker"}, {"repo", "project"}}}};
    connection.stream().send(request.dump() + "\n");
  }
  EXPECT_TRUE(eventually([&] { return processes() > 2; }));
  end_tmux_with_this_process();
  daemon_->kill();
  daemon_->start();
  EXPECT_TRUE(eventually([&] {
    const json listed = daemon_->call("list_instances");
    return std::all_of(listed["instances"].begin(), listed["instances"].end(),
                       [](const json& each) { return each["state"] == "running"; });
  }));
  const std::size_t count = living().size();
  const std::string worktrees = git({"worktree", "list"});
  EXPECT_EQ(std::count(worktrees.begin(), worktrees.end(), '\n'), 1 + static_cast<long>(count));
  for (const std::string& name : living()) {
    daemon_->call("release_instance", {{"instance_id", name}, {"force", true}});
  }
  expect_nothing_left();
}

TEST_F(Life, a_persistent_instance_starts_again_until_it_is_released) {
  const json first = spawn("boss", "supervisor");
  EXPECT_EQ(wanted(), "boss\n");
  ::kill(first["pid"].get<pid_t>(), SIGKILL);
  const auto pid_now = [&]() -> pid_t {
    const json listed = daemon_->call("list_instances");
    for (const json& each : listed["instances"]) {
      if (each["state"] == "running") return each["pid"].get<pid_t>();
    }
    return 0;
  };
  EXPECT_TRUE(eventually([&] {
    const pid_t now = pid_now();
    return now != 0 && now != first["pid"].get<pid_t>();
  }));
  auto connection = daemon_->connect();
  EXPECT_TRUE(eventually([&] {
    const json release{{"instance_id", "boss"}, {"force", true}};
    return connection.code_of("release_instance", release) == "success";
  }));
  expect_nothing_left();
  EXPECT_EQ(wanted(), "") << "a released one would be started again";
}

}  // namespace
}  // namespace yardmaster::support
