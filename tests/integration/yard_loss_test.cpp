// What a yard loses while it runs comes back or is told of: its runtime directory, its sockets, its
// database; and the log tells how instances lived and ended.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/yard_identity.h"

namespace yardmaster::support {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

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
    EXPECT_EQ(said.status, 5);
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
      "'worker-1' is gone: killed by SIGKILL",
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
  EXPECT_EQ(reason("done"), "exited with 0");
  EXPECT_EQ(reason("failed"), "exited with 3");
  EXPECT_EQ(reason("killed"), "killed by SIGKILL");
  const std::string tmux = tmux_sockets_.back().string();
  const std::string session = told(here, {"ls"})["instances"][0]["tmux_session"].get<std::string>();
  run({.argv = {"tmux", "-S", tmux, "kill-window", "-t", "=" + session + ":=closed"}});
  EXPECT_EQ(reason("closed"), "window closed");
  run({.argv = {"tmux", "-S", tmux, "kill-server"}});
  EXPECT_EQ(reason("last"), "tmux server ended");
}

}  // namespace
}  // namespace yardmaster::support
