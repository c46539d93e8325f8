// A state directory knows its yard: agents that live are taken up or nothing is started, whatever
// has become of the surroundings, the directories and the database meanwhile; and every verb speaks
// to the yard that was named.
#include "tests/integration/yard_identity.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yardmaster::support {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace yardmaster::support
