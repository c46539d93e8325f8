// Supervisors hear how the instances of their repository end, whatever they do at that moment; and
// persistent instances come back until that makes no sense.
#include "tests/integration/agent_yard.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ToldEnds : public AgentYard {
 protected:
  // A supervisor that is dead and waits for its restart, or was given up.
  void have_waiting_supervisor() {
    kill_agent(spawn("boss", "supervisor"));
    ASSERT_TRUE(eventually([&] { return waits("boss"); }));
  }
};

TEST_F(ToldEnds, a_completion_reaches_a_supervisor_that_waits_for_its_restart) {
  spawn("worker", "worker");
  have_waiting_supervisor();
  daemon_->call("complete_agent", {{"agent", "worker"}, {"summary", "all done"}});
  end_of("worker");
  EXPECT_THAT(mail_of("boss"), ElementsAre(HasSubstr("'worker' has completed its task: all done")));
  EXPECT_TRUE(eventually([&] { return lives("boss"); }));
  EXPECT_EQ(mail_of("boss").size(), 1U);
}

TEST_F(ToldEnds, a_completion_and_messages_reach_a_supervisor_that_was_given_up) {
  configure({{"restart_limit", 0}});
  spawn("worker", "worker");
  have_waiting_supervisor();
  ASSERT_TRUE(eventually([&] { return listed("waiting", "boss").at("state") == "given up"; }));
  daemon_->call("send_message", {{"from", "worker"}, {"to", "boss"}, {"body", "are you there?"}});
  daemon_->call("complete_agent", {{"agent", "worker"}});
  end_of("worker");
  EXPECT_THAT(mail_of("boss"),
              ElementsAre("are you there?", HasSubstr("'worker' has completed its task")));
  daemon_->kill();
  daemon_->start();
  EXPECT_EQ(listed("waiting", "boss").at("state"), "given up");
  spawn("boss", "supervisor");
  EXPECT_EQ(mail_of("boss").size(), 2U);
  EXPECT_FALSE(waits("boss"));
}

TEST_F(ToldEnds, the_death_of_a_worker_is_told_once_with_what_it_left) {
  spawn("boss", "supervisor");
  const json worker = spawn("worker", "worker");
  write_file(std::filesystem::path(worker.at("worktree_path").get<std::string>()) / "new",
             "work\n");
  kill_agent(worker);
  end_of("worker");
  EXPECT_THAT(
      mail_of("boss"),
      ElementsAre(AllOf(HasSubstr("'worker' has ended before its task was complete"),
                        HasSubstr("SIGKILL"), HasSubstr("refs/yardmaster/rescue/worker/"))));
}

TEST_F(ToldEnds, an_end_that_somebody_asked_for_is_told_to_nobody) {
  spawn("boss", "supervisor");
  spawn("worker", "worker");
  daemon_->call("release_instance", {{"instance_id", "worker"}});
  EXPECT_THAT(mail_of("boss"), IsEmpty());
}

TEST_F(ToldEnds, a_giving_up_is_told) {
  configure({{"restart_limit", 0}});
  spawn("boss", "supervisor");
  kill_agent(spawn("merges", "merge-queue"));
  ASSERT_TRUE(eventually([&] { return mail_of("boss").size() == 2; }));
  EXPECT_THAT(mail_of("boss"),
              ElementsAre(HasSubstr("it is to be started again"),
                          HasSubstr("'merges' is not started again: it ended once within 1h")));
}

TEST_F(ToldEnds, an_agent_that_is_done_before_it_is_settled_has_completed) {
  configure({{"settle_time", "60s"}});
  spawn("boss", "supervisor", "\"$YM\" hook session-start </dev/null; sleep 600");
  spawn("quick", "worker", "\"$YM\" complete --summary 'it was short'");
  EXPECT_EQ(end_of("quick").at("reason"), "completed");
  EXPECT_THAT(mail_of("boss"), ElementsAre(HasSubstr("it was short")));
}

TEST_F(ToldEnds, a_completion_can_be_repeated_with_its_key) {
  spawn("boss", "supervisor");
  spawn("worker", "worker");
  const json request{{"agent", "worker"}, {"summary", "done"}, {"key", "k"}};
  EXPECT_EQ(daemon_->call("complete_agent", request).at("reason"), "completed");
  EXPECT_EQ(daemon_->call("complete_agent", request).at("reason"), "completed");
  end_of("worker");
  EXPECT_EQ(daemon_->call("complete_agent", request).at("state"), "gone");
  EXPECT_EQ(mail_of("boss").size(), 1U);
  json other = request;
  other["summary"] = "something else";
  auto connection = daemon_->connect();
  EXPECT_EQ(connection.code_of("complete_agent", other), "key_reused");
}

TEST_F(ToldEnds, a_completion_that_was_acknowledged_is_told_after_a_kill) {
  spawn("boss", "supervisor");
  spawn("worker", "worker", "trap '' TERM; while :; do sleep 0.1; done");
  daemon_->call("complete_agent", {{"agent", "worker"}, {"summary", "done"}});
  daemon_->kill();
  daemon_->start();
  EXPECT_EQ(end_of("worker").at("reason"), "completed");
  EXPECT_THAT(mail_of("boss"), ElementsAre(HasSubstr("'worker' has completed its task: done")));
}

TEST_F(ToldEnds, what_waits_or_was_given_up_shows_everywhere) {
  configure({{"restart_limit", 0}});
  have_waiting_supervisor();
  const std::string listed = daemon_->command({"ls"}).output;
  EXPECT_THAT(listed, AllOf(HasSubstr("boss"), HasSubstr("given up"),
                            HasSubstr("is not started again: it ended once within 1h")));
  EXPECT_THAT(daemon_->command({"status"}).output, AllOf(HasSubstr("given up"), HasSubstr("boss")));
  EXPECT_THAT(daemon_->command({"doctor"}).output,
              AllOf(HasSubstr("instance boss"), HasSubstr("is not started again")));
  EXPECT_EQ(daemon_->command({"rm", "boss"}).status, 0);
  EXPECT_FALSE(waits("boss"));
}

TEST_F(ToldEnds, a_wait_goes_on_after_the_daemon_was_killed_and_is_not_counted_twice) {
  configure({{"restart_limit", 1}});
  have_waiting_supervisor();
  EXPECT_TRUE(eventually(
      [&] { return lives("boss") || listed("waiting", "boss").contains("next_start"); }));
  daemon_->kill();
  daemon_->start();
  EXPECT_TRUE(eventually([&] { return lives("boss"); }));
}

TEST_F(ToldEnds, a_pane_of_a_person_does_not_keep_an_instance_from_starting) {
  const json boss = spawn("boss", "supervisor");
  const std::string pane = listed("instances", "boss").at("tmux_pane").get<std::string>();
  const auto tmux = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"tmux", "-S", tmux_socket()});
    const auto result = run({.argv = words});
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.output;
  };
  const std::string theirs =
      tmux({"split-window", "-d", "-P", "-F", "#{pane_id}", "-t", pane, "sleep", "600"});
  kill_agent(boss);
  EXPECT_TRUE(eventually([&] {
    const json again = listed("instances", "boss");
    return !again.is_null() && again.value("state", "") == "running" &&
           again.at("tmux_pane") != pane;
  })) << daemon_->log();
  const std::string panes = tmux({"list-panes", "-a", "-F", "#{window_name} #{pane_id}"});
  EXPECT_THAT(panes, AllOf(HasSubstr("boss-2 " + theirs), HasSubstr("boss %")));
}

}  // namespace
}  // namespace yardmaster::support
