// A state directory knows its yard: agents that live are taken up or nothing is started, whatever
// has become of the surroundings, the directories and the database meanwhile; and every verb speaks
// to the yard that was named.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "loadgen/real/outside_view.h"
#include "loadgen/real/remains.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

// The arguments and variables that a yard is started with and asked by.
struct Call {
  std::vector<std::string> places = {};
  std::map<std::string, std::string> environment = {};
};

class YardIdentity : public testing::Test {
 protected:
  YardIdentity() {
    make_repository();
    configure("200ms");
  }

  ~YardIdentity() override {
    daemons_.clear();
    for (const fs::path& socket : tmux_sockets_) {
      const loadgen::Remains ended(socket, scratch_.path().string());
    }
  }

  void configure(const std::string& sweep) {
    const json config{{"agent_command", "sh -c 'echo begun; exec sleep 300'"},
                      {"kill_grace", "1s"},
                      {"settle_time", "200ms"},
                      {"sweep_interval", sweep}};
    write_file(scratch_ / "config.json", config.dump());
  }

  void make_repository() {
    const std::string path = repository();
    fs::create_directories(path);
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"init", "--quiet", "--initial-branch=main"},
          std::vector<std::string>{"commit", "--quiet", "--allow-empty", "--message=Begin"}}) {
      std::vector<std::string> argv{
          "git", "-C", path, "-c", "user.name=Ada", "-c", "user.email=ada@example.org"};
      argv.insert(argv.end(), words.begin(), words.end());
      ASSERT_EQ(run({.argv = argv}).status, 0);
    }
  }

  std::string repository() const { return (scratch_ / "project").string(); }
  fs::path state(const std::string& name = "a") const { return scratch_ / name; }
  static fs::path worktree(const fs::path& state_dir) {
    return state_dir / "worktrees" / "project" / "worker-1";
  }

  // A yard by its state directory and, as if it were set, XDG_RUNTIME_DIR.
  Call yard(const std::string& name, const std::string& xdg_runtime_dir = {}) const {
    return {{"--state-dir", state(name).string()},
            {{"XDG_RUNTIME_DIR",
              xdg_runtime_dir.empty() ? std::string() : (scratch_ / xdg_runtime_dir).string()}}};
  }
  Call with(Call call, const std::vector<std::string>& more) const {
    call.places.insert(call.places.end(), more.begin(), more.end());
    return call;
  }

  std::map<std::string, std::string> environment_of(const Call& call) const {
    std::map<std::string, std::string> environment = call.environment;
    environment["YARDMASTER_CONFIG"] = (scratch_ / "config.json").string();
    environment["HOME"] = scratch_.path().string();
    return environment;
  }
  Finished ask(const Call& call, std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), call.places.begin(), call.places.end());
    return run_yardmaster(arguments, environment_of(call));
  }
  std::string output(const Call& call, const std::vector<std::string>& arguments) const {
    const Finished finished = ask(call, arguments);
    EXPECT_EQ(finished.status, 0) << arguments[0] << ": " << finished.errors;
    return finished.output;
  }
  json told(const Call& call, std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    return json::parse(output(call, arguments));
  }

  void start(const Call& call, const std::vector<std::string>& more = {}) {
    std::vector<std::string> argv{yardmaster_program(), "start", "--foreground"};
    argv.insert(argv.end(), call.places.begin(), call.places.end());
    argv.insert(argv.end(), more.begin(), more.end());
    ChildProcess& daemon =
        daemons_.emplace_back(ChildOptions{.argv = argv, .environment = environment_of(call)});
    const auto serves = [&] { return !daemon.running() || ask(call, {"status"}).status == 0; };
    ASSERT_TRUE(eventually(serves) && daemon.running()) << daemon.errors();
    const json status = told(call, {"status"});
    tmux_sockets_.push_back(status["tmux"]["socket"].get<std::string>());
  }
  void stop(const Call& call) {
    output(call, {"stop"});
    EXPECT_EQ(daemons_.back().wait().value_or(-1), 0);
  }
  // In one line, and nothing has begun.
  std::string refusal(const Call& call, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"start", "--foreground"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished start = ask(call, arguments);
    EXPECT_EQ(start.status, 1) << start.errors;
    EXPECT_EQ(std::count(start.errors.begin(), start.errors.end(), '\n'), 1) << start.errors;
    return start.errors;
  }

  pid_t spawn(const Call& call) {
    if (told(call, {"repo", "ls"})["repos"].empty()) output(call, {"repo", "add", repository()});
    output(call, {"spawn", "worker", "--name", "worker-1", "--repo", "project"});
    return agent(call);
  }
  pid_t agent(const Call& call) const {
    for (const json& each : told(call, {"ls"})["instances"]) {
      if (each["instance_id"] == "worker-1") return each["pid"].get<pid_t>();
    }
    return 0;
  }
  void expect_takes_up(const Call& call, pid_t pid) {
    ASSERT_NO_FATAL_FAILURE(start(call));
    EXPECT_EQ(agent(call), pid);
    EXPECT_TRUE(loadgen::is_running(pid));
  }

  TemporaryDirectory scratch_;
  std::list<ChildProcess> daemons_;
  std::vector<fs::path> tmux_sockets_;
};

TEST_F(YardIdentity, agents_are_taken_up_whatever_the_callers_runtime_directory_is) {
  const Call first = yard("a", "session-1");
  start(first);
  const pid_t pid = spawn(first);
  stop(first);
  for (const std::string session : {"", "session-2", "session-1"}) {
    const Call later = yard("a", session);
    ASSERT_NO_FATAL_FAILURE(expect_takes_up(later, pid));
    stop(later);
  }
}

TEST_F(YardIdentity, other_sockets_than_those_of_living_agents_are_refused) {
  const Call before = yard("a");
  start(before);
  const pid_t pid = spawn(before);
  stop(before);
  const Call elsewhere = with(before, {"--runtime-dir", (scratch_ / "other").string()});
  EXPECT_THAT(refusal(elsewhere), AllOf(HasSubstr("worker-1"), HasSubstr("--force"),
                                        HasSubstr("--runtime-dir " + (state() / "run").string())));
  EXPECT_TRUE(loadgen::is_running(pid));
  expect_takes_up(before, pid);
}

TEST_F(YardIdentity, forced_to_leave_its_agents_it_saves_their_work_and_ends_them) {
  const Call before = yard("a");
  start(before);
  const pid_t pid = spawn(before);
  write_file(worktree(state()) / "unsaved", "work\n");
  stop(before);
  const Call elsewhere = with(before, {"--runtime-dir", (scratch_ / "other").string()});
  ASSERT_NO_FATAL_FAILURE(start(elsewhere, {"--force"}));
  EXPECT_TRUE(eventually([&] { return !loadgen::is_running(pid); }));
  EXPECT_TRUE(eventually([&] { return told(elsewhere, {"rescue", "ls"})["rescues"].size() == 1; }));
  EXPECT_TRUE(loadgen::tmux_servers(state() / "run" / "tmux.sock").empty());
  EXPECT_THAT(read_file(state() / "daemon.log"), HasSubstr("forced to start"));
}

TEST_F(YardIdentity, another_store_than_that_of_living_agents_is_refused) {
  const Call before = yard("a");
  start(before);
  const pid_t pid = spawn(before);
  stop(before);
  EXPECT_THAT(refusal(before, {"--store", "postgres"}),
              AllOf(HasSubstr("worker-1"), HasSubstr("--store sqlite"), HasSubstr("--force")));
  EXPECT_TRUE(loadgen::is_running(pid));
  expect_takes_up(before, pid);
}

TEST_F(YardIdentity, a_lost_database_is_missed_and_ends_no_agent) {
  const Call here = yard("a");
  start(here);
  const pid_t pid = spawn(here);
  output(here, {"backup", (scratch_ / "copy").string()});
  stop(here);
  for (const std::string end : {"", "-wal", "-shm"}) {
    fs::remove(state() / ("yard.db" + end));
  }
  EXPECT_THAT(refusal(here), AllOf(HasSubstr("yard.db is gone"), HasSubstr("worker-1"),
                                   HasSubstr("restore a backup")));
  EXPECT_FALSE(fs::exists(state() / "yard.db"));
  write_file(state() / "yard.db", "");
  EXPECT_THAT(refusal(here), AllOf(HasSubstr("nothing of this yard"), HasSubstr("worker-1")));
  EXPECT_TRUE(loadgen::is_running(pid));
  for (const std::string end : {"", "-wal", "-shm"}) {
    fs::remove(state() / ("yard.db" + end));
  }
  fs::copy_file(scratch_ / "copy", state() / "yard.db");
  expect_takes_up(here, pid);
}

TEST_F(YardIdentity, a_lost_database_is_begun_anew_only_when_asked_for) {
  const Call here = yard("a");
  start(here);
  stop(here);
  for (const std::string end : {"", "-wal", "-shm"}) {
    fs::remove(state() / ("yard.db" + end));
  }
  EXPECT_THAT(refusal(here), HasSubstr("yard.db is gone"));
  start(here, {"--force"});
  EXPECT_THAT(read_file(state() / "daemon.log"), HasSubstr("is gone"));
}

TEST_F(YardIdentity, no_verb_reaches_a_yard_that_was_not_named) {
  const Call running = yard("a", "session");
  start(running);
  const pid_t pid = spawn(running);
  const Call named = yard("b", "session");  // the same default for sockets
  const std::vector<std::vector<std::string>> verbs{{"stop-all", "--yes"},
                                                    {"stop-all", "--clean", "--yes"},
                                                    {"stop"},
                                                    {"ls"},
                                                    {"status"},
                                                    {"rm", "worker-1"},
                                                    {"cleanup"},
                                                    {"repo", "rm", "project"},
                                                    {"rescue", "ls"},
                                                    {"attach", "worker-1"}};
  for (const std::vector<std::string>& verb : verbs) {
    const Finished refused = ask(named, verb);
    EXPECT_EQ(refused.status, 1) << verb[0] << refused.output;
    EXPECT_THAT(refused.errors, AllOf(HasSubstr("no daemon runs on " + state("b").string()),
                                      HasSubstr("another yard")))
        << verb[0];
  }
  Call by_home = yard("a", "session");
  by_home.places.clear();
  by_home.environment["XDG_STATE_HOME"] = (scratch_ / "elsewhere").string();
  EXPECT_EQ(ask(by_home, {"stop-all", "--yes"}).status, 1);
  EXPECT_EQ(agent(running), pid);
}

TEST_F(YardIdentity, two_yards_never_share_a_runtime_directory) {
  const Call one = yard("a", "session");
  start(one);
  const pid_t pid = spawn(one);
  stop(one);  // its tmux server and its agent live on
  const Call other = yard("b", "session");
  EXPECT_THAT(refusal(other),
              AllOf(HasSubstr("holds the sockets of the yard in " + state().string()),
                    HasSubstr("--runtime-dir")));
  EXPECT_THAT(refusal(other, {"--force"}), HasSubstr("holds the sockets"));
  fs::remove(scratch_ / "session" / "yardmaster" / "yard.json");
  EXPECT_THAT(refusal(other), HasSubstr("holds the sockets of another yard"));
  expect_takes_up(one, pid);
}

TEST_F(YardIdentity, a_copy_of_a_state_directory_is_not_started) {
  const Call original = yard("a", "session");
  start(original);
  const pid_t pid = spawn(original);
  stop(original);
  fs::copy(state("a"), state("b"), fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  const Call copy = with(yard("b"), {"--runtime-dir", (scratch_ / "other").string()});
  EXPECT_THAT(refusal(copy), HasSubstr("is a copy of the yard in " + state("a").string()));
  EXPECT_THAT(refusal(copy, {"--force"}), HasSubstr("is a copy"));
  EXPECT_TRUE(loadgen::is_running(pid));
  expect_takes_up(original, pid);
}

TEST_F(YardIdentity, a_restored_backup_ends_no_agent_of_the_yard_it_came_from) {
  const Call original = yard("a");
  start(original);
  const pid_t pid = spawn(original);
  fs::create_directory(state("b"));
  fs::permissions(state("b"), fs::perms(0700));
  output(original, {"backup", (state("b") / "yard.db").string()});
  EXPECT_THAT(refusal(yard("b")), AllOf(HasSubstr("worker-1"), HasSubstr("another yard")));
  EXPECT_TRUE(loadgen::is_running(pid));
  EXPECT_EQ(agent(original), pid);
}

TEST_F(YardIdentity, a_renamed_state_directory_keeps_its_agents_alive) {
  const Call before = yard("a");
  start(before);
  const pid_t pid = spawn(before);
  stop(before);
  fs::rename(state("a"), state("b"));
  EXPECT_THAT(refusal(yard("b")), AllOf(HasSubstr("was moved from " + state("a").string()),
                                        HasSubstr("worker-1"), HasSubstr("move it back")));
  EXPECT_TRUE(loadgen::is_running(pid));
  fs::rename(state("b"), state("a"));
  expect_takes_up(before, pid);
}

TEST_F(YardIdentity, an_idle_state_directory_can_be_renamed) {
  const Call before = yard("a");
  start(before);
  const json yard_before = told(before, {"status"})["yard"];
  stop(before);
  fs::rename(state("a"), state("b"));
  ASSERT_NO_FATAL_FAILURE(start(yard("b")));
  EXPECT_EQ(told(yard("b"), {"status"})["yard"], yard_before);
}

TEST_F(YardIdentity, a_removed_runtime_directory_comes_back_within_a_sweep) {
  const Call here = yard("a", "session");
  start(here);
  const pid_t pid = spawn(here);
  const fs::path sockets = scratch_ / "session" / "yardmaster";
  const pid_t daemon = told(here, {"status"})["pid"].get<pid_t>();
  fs::remove_all(scratch_ / "session");
  ASSERT_TRUE(eventually([&] { return ask(here, {"ls"}).status == 0; }));
  EXPECT_EQ(told(here, {"status"})["pid"], daemon);
  EXPECT_EQ(agent(here), pid);
  EXPECT_TRUE(eventually([&] { return fs::is_socket(sockets / "instance-worker-1.sock"); }));
  LineClient instance(sockets / "instance-worker-1.sock");
  EXPECT_EQ(instance.code_of("ping"), "success");
  output(here, {"spawn", "worker", "--name", "worker-2", "--repo", "project"});
  EXPECT_TRUE(fs::is_socket(sockets / "tmux.sock"));
}

TEST_F(YardIdentity, while_its_sockets_are_gone_every_verb_tells_the_truth) {
  configure("1h");
  const Call here = yard("a", "session");
  start(here);
  const pid_t pid = spawn(here);
  const std::string daemon = told(here, {"status"})["pid"].dump();
  fs::remove_all(scratch_ / "session");
  for (const std::string verb : {"ls", "status", "cleanup"}) {
    const Finished said = ask(here, {verb});
    EXPECT_EQ(said.status, 1);
    EXPECT_THAT(said.errors, AllOf(HasSubstr("runs with pid " + daemon), HasSubstr("made again")));
  }
  EXPECT_THAT(ask(here, {"start"}).errors, HasSubstr("runs already: pid " + daemon));
  EXPECT_THAT(ask(here, {"doctor"}).output, HasSubstr("runs with pid " + daemon));
  stop(here);
  expect_takes_up(here, pid);
}

TEST_F(YardIdentity, a_runtime_directory_that_went_while_it_was_stopped_is_made_again) {
  const Call here = yard("a", "session");
  start(here);
  const pid_t pid = spawn(here);
  stop(here);
  fs::remove_all(scratch_ / "session");
  expect_takes_up(here, pid);
}

TEST_F(YardIdentity, sockets_that_were_replaced_by_files_are_made_again) {
  const Call here = yard("a");
  start(here);
  const pid_t pid = spawn(here);
  for (const std::string name : {"broker.sock", "instance-worker-1.sock"}) {
    const fs::path socket = state() / "run" / name;
    fs::remove(socket);
    write_file(socket, "somebody's");
    EXPECT_TRUE(eventually([&] { return fs::is_socket(socket); }));
    EXPECT_EQ(read_file(socket.string() + ".in-the-way"), "somebody's");
  }
  EXPECT_EQ(agent(here), pid);
}

TEST_F(YardIdentity, a_database_that_is_removed_under_it_acknowledges_nothing_and_is_saved) {
  const Call here = yard("a");
  start(here);
  const auto append = [&](int seq) {
    LineClient client(state() / "run" / "broker.sock");
    return client.request("append_context", {{"context", "one"},
                                             {"seq", seq},
                                             {"kind", "note"},
                                             {"data", "x"},
                                             {"durability", "power"}});
  };
  LineClient(state() / "run" / "broker.sock")
      .call("allocate_instance", {{"instance_id", "one"}, {"role", "worker"}});
  ASSERT_TRUE(append(1).at("success"));
  for (const std::string end : {"", "-wal", "-shm"}) {
    fs::remove(state() / ("yard.db" + end));
  }
  const json refused = append(2);
  EXPECT_EQ(refused.at("code"), "storage_failed") << refused;
  const fs::path saved = state() / "yard.db.saved";
  EXPECT_THAT(refused.at("error").get<std::string>(), HasSubstr(saved.string()));
  EXPECT_TRUE(eventually(
      [&] { return read_file(state() / "daemon.log").find(saved.string()) != std::string::npos; }));
  stop(here);
  EXPECT_THAT(refusal(here), HasSubstr(saved.string()));
  fs::rename(saved, state() / "yard.db");
  ASSERT_NO_FATAL_FAILURE(start(here));
  const json read =
      LineClient(state() / "run" / "broker.sock").call("read_context", {{"context", "one"}});
  EXPECT_EQ(read.at("last_seq"), 1);
}

TEST_F(YardIdentity, the_log_tells_the_life_of_every_instance) {
  const Call here = yard("a");
  start(here);
  const pid_t pid = spawn(here);
  write_file(worktree(state()) / "unsaved", "work\n");
  stop(here);
  ASSERT_NO_FATAL_FAILURE(expect_takes_up(here, pid));
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  EXPECT_TRUE(eventually([&] { return agent(here) == 0; }));
  const std::string log = read_file(state() / "daemon.log");
  const std::vector<std::string> story{
      "'worker-1' started as worker, pid " + std::to_string(pid), "'worker-1' is taken up",
      "'worker-1' is gone: agent killed (signal 9)",
      "work of 'worker-1' was saved: refs/yardmaster/rescue/worker-1/"};
  std::size_t at = 0;
  for (const std::string& line : story) {
    at = log.find(line, at);
    EXPECT_NE(at, std::string::npos) << line << "\n" << log;
  }
}

TEST_F(YardIdentity, ends_that_differ_read_differently) {
  const Call here = yard("a");
  start(here);
  output(here, {"repo", "add", repository()});
  const auto begin = [&](const std::string& name, const std::string& words) {
    output(here, {"spawn", "worker", "--name", name, "--repo", "project", "--agent",
                  "sh -c '" + words + "'"});
  };
  const auto reason = [&](const std::string& name) {
    EXPECT_TRUE(eventually([&] { return told(here, {"history", name})["instances"].size() == 1; }));
    return told(here, {"history", name})["instances"][0]["reason"].get<std::string>();
  };
  const std::string wait_for =
      "until [ -e " + (scratch_ / "go").string() + " ]; do sleep 0.1; done; ";
  begin("done", wait_for + "exit 0");
  begin("failed", wait_for + "exit 3");
  begin("killed", wait_for + "kill -9 $$");
  begin("closed", "exec sleep 300");
  begin("last", "exec sleep 300");
  write_file(scratch_ / "go", "");
  EXPECT_EQ(reason("done"), "agent ended");
  EXPECT_EQ(reason("failed"), "agent failed");
  EXPECT_EQ(reason("killed"), "agent killed");
  const std::string tmux = tmux_sockets_.back().string();
  const std::string session = told(here, {"ls"})["instances"][0]["tmux_session"].get<std::string>();
  run({.argv = {"tmux", "-S", tmux, "kill-window", "-t", "=" + session + ":=closed"}});
  EXPECT_EQ(reason("closed"), "window closed");
  run({.argv = {"tmux", "-S", tmux, "kill-server"}});
  EXPECT_EQ(reason("last"), "tmux server ended");
}

}  // namespace
}  // namespace yardmaster::support
