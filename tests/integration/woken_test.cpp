// An agent that sits at its prompt is woken by what is sent to it, without a key pressed.
#include <algorithm>

#include "coordinator/instances/processes/proc_files.h"
#include "tests/integration/hooked_yard.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Woken : public HookedYard {
 protected:
  // The processes that wait beside an instance of this yard.
  std::vector<std::int64_t> watches() const {
    std::vector<std::int64_t> found = list_processes();
    const std::string yard = "YARDMASTER_STATE_DIR=" + daemon_->state_dir().string();
    std::erase_if(found, [&](std::int64_t pid) {
      const std::string words = read_proc_file(pid, "cmdline");
      return words.find(std::string("hook\0wait", 9)) == std::string::npos ||
             read_proc_file(pid, "environ").find(yard) == std::string::npos;
    });
    return found;
  }
};

TEST_F(Woken, a_message_wakes_an_agent_that_waits) {
  spawn_hooked("worker", "worker");
  ASSERT_TRUE(waits_for_mail("worker"));
  send("worker", "how far are you?");
  EXPECT_TRUE(hears("worker",
                    "woken: 1 unread message for worker; `yardmaster inbox` lists it.\n"
                    "waits\n"))
      << heard("worker");
  EXPECT_TRUE(eventually([&] {
    const json delivered{{"instance_id", "worker"}, {"status", "delivered"}};
    return daemon_->call("list_messages", delivered).at("messages").size() == 1;
  })) << "it has been told";
}

TEST_F(Woken, each_message_after_a_turn_wakes_again) {
  spawn_hooked("worker", "worker");
  for (int turn = 1; turn <= 3; ++turn) {
    ASSERT_TRUE(waits_for_mail("worker"));
    send("worker", "again");
    const std::string woken = "woken: " + std::to_string(turn) + " unread message";
    ASSERT_TRUE(hears("worker", woken)) << heard("worker");
  }
}

TEST_F(Woken, what_comes_while_it_works_is_told_at_the_end_of_its_turn_alone) {
  spawn_hooked("worker", "worker");
  have_it_work("worker",
               "touch \"$PLACE/working\"; until [ -e \"$PLACE/sent\" ]; do sleep 0.05; done");
  ASSERT_TRUE(waits_for_mail("worker"));
  type("worker", "prompt");
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(scratch_ / "working"); }));
  send("worker", "stop that");
  write_file(scratch_ / "sent", "");
  EXPECT_TRUE(hears("worker", "at its end: 1 unread message for worker")) << heard("worker");
  ASSERT_TRUE(hears("worker", "waits\n"));
  send("worker", "and that");
  EXPECT_TRUE(hears("worker", "woken: 2 unread messages")) << heard("worker");
  const std::string all = heard("worker");
  EXPECT_EQ(all.find("woken: 1 "), std::string::npos) << all;
}

TEST_F(Woken, who_waits_does_so_across_restarts_of_the_daemon) {
  spawn_hooked("worker", "worker");
  ASSERT_TRUE(waits_for_mail("worker"));
  daemon_->kill();
  daemon_->start();
  send("worker", "still there?");
  EXPECT_TRUE(hears("worker", "woken: 1 unread message")) << heard("worker");
}

TEST_F(Woken, who_waits_ends_with_the_agent) {
  const json worker = spawn_hooked("worker", "worker");
  ASSERT_TRUE(eventually([&] { return watches().size() == 1; }));
  daemon_->call("trigger_cleanup");
  EXPECT_EQ(watches().size(), 1U) << "it is no orphan";
  type("worker", "quit");
  end_of("worker");
  EXPECT_EQ(watches().size(), 0U);
}

TEST_F(Woken, who_waits_ends_with_an_agent_that_dies_without_a_daemon) {
  const json worker = spawn_hooked("worker", "worker");
  ASSERT_TRUE(eventually([&] { return watches().size() == 1; }));
  daemon_->kill();
  kill_agent(worker);
  EXPECT_TRUE(eventually([&] { return watches().empty(); }));
  daemon_->start();
}

TEST_F(Woken, one_watch_is_left_however_many_turns_there_were) {
  spawn_hooked("worker", "worker");
  for (int turn = 1; turn <= 3; ++turn) {
    ASSERT_TRUE(waits_for_mail("worker"));
    type("worker", "prompt");
    ASSERT_TRUE(eventually([&] {
      const std::string all = heard("worker");
      int turns = 0;
      for (std::size_t at = 0; (at = all.find("waits\n", at)) != std::string::npos; ++at) ++turns;
      return turns == turn;
    }));
  }
  EXPECT_TRUE(eventually([&] { return watches().size() == 1; }));
}

TEST_F(Woken, the_end_of_a_worker_wakes_its_supervisor) {
  spawn_hooked("boss", "supervisor");
  spawn("worker", "worker");
  const json other = spawn("other", "worker");
  ASSERT_TRUE(waits_for_mail("boss"));
  daemon_->call("complete_agent", {{"agent", "worker"}, {"summary", "all done"}});
  EXPECT_TRUE(hears("boss", "woken: 1 unread message for boss")) << heard("boss");
  ASSERT_TRUE(waits_for_mail("boss"));
  kill_agent(other);
  EXPECT_TRUE(hears("boss", "woken: 2 unread messages for boss")) << heard("boss");
}

TEST_F(Woken, a_persistent_agent_without_a_task_is_told_to_begin) {
  spawn_hooked("boss", "supervisor");
  EXPECT_TRUE(hears("boss", "began with: You have just been started")) << heard("boss");
  const json listed_boss = listed("instances", "boss");
  EXPECT_EQ(listed_boss.value("task", ""), "") << "it is no task of anybody's";
  json asked = request("other", "supervisor");
  asked["agent_command"] = program().string();
  asked["task"] = "Watch the tests.";
  daemon_->call("allocate_instance", asked);
  EXPECT_TRUE(hears("other", "began with: Watch the tests.\n")) << heard("other");
}

// The whole story: nobody types anything.
TEST_F(Woken, a_supervisor_reads_and_answers_what_its_worker_says) {
  spawn_hooked("boss", "supervisor");
  have_it_work("boss",
               "for id in $(\"$YM\" inbox --json | jq -r '.messages[].id'); do\n"
               "  \"$YM\" read \"$id\" >>\"$PLACE/read\"; \"$YM\" ack \"$id\"\n"
               "  \"$YM\" send user \"boss has read $id\"\n"
               "done");
  ASSERT_TRUE(waits_for_mail("boss"));
  spawn("worker", "worker", "\"$YM\" complete --summary 'it was short'; sleep 600");
  EXPECT_TRUE(eventually([&] { return !mail_of("user").empty(); })) << heard("boss");
  EXPECT_THAT(read_file(scratch_ / "read"), HasSubstr("it was short"));
  EXPECT_TRUE(eventually([&] { return state_of("boss") == "idle"; }));
  EXPECT_TRUE(mail_of("boss").empty());
}

}  // namespace
}  // namespace yardmaster::support
