// The real Claude Code: it starts, hears, wakes, answers and ends without a key pressed. What it is
// given comes by flags, so that it does so in a repository that has settings of its own.
#include "tests/agents/real_agents.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class RealClaude : public RealAgents {
 protected:
  json follow_up(const char* agent, const char* when, const char* run) const {
    return {{"agent", agent}, {"when", when}, {"run", run}};
  }
};

TEST_F(RealClaude, a_worker_completes_and_its_supervisor_wakes_reads_and_answers) {
  begin(
      {follow_up("worker-1", "Write the parser",
                 "yardmaster complete --summary 'the parser is written'"),
       follow_up("project-supervisor", "unread message", "yardmaster inbox"),
       follow_up("project-supervisor", "(\\d+) [^\\n]*the parser is written", "yardmaster read $1"),
       follow_up("project-supervisor", "the parser is written",
                 "yardmaster send user 'I have read of the parser'")},
      {"worker-1", "project-supervisor", "project-merge-queue"});
  ChildProcess events({.argv = daemon_->command_words({"events", "--follow"})});
  const Finished init = daemon_->command({"init", repository().string()});
  ASSERT_EQ(init.status, 0) << init.errors;
  ASSERT_TRUE(becomes("project-supervisor", "idle")) << screen_of("project-supervisor");
  const Finished spawned =
      daemon_->command({"spawn", "worker", "--repo", "project", "--task", "Write the parser"});
  ASSERT_EQ(spawned.status, 0) << spawned.errors;
  EXPECT_EQ(summary_of("worker-1"), "the parser is written");
  EXPECT_TRUE(user_gets("I have read of the parser")) << screen_of("project-supervisor");
  EXPECT_TRUE(becomes("project-supervisor", "idle"));
  const std::string story = events.output();
  for (const char* part : {"worker-1", "the parser is written", "project-supervisor", "user"}) {
    EXPECT_THAT(story, HasSubstr(part));
  }
}

TEST_F(RealClaude, in_a_repository_with_settings_of_its_own_a_message_wakes_it) {
  const auto settings = repository() / ".claude/settings.local.json";
  std::filesystem::create_directories(settings.parent_path());
  write_file(settings, "{}\n");
  git(repository(), {"add", "."});
  git(repository(), {"commit", "--quiet", "--message=Settings"});
  const json limited{{"agent", "worker"}, {"when", "Look around"}, {"status", 429}};
  begin({limited, follow_up("worker", "unread message", "yardmaster complete --summary woken")},
        {"worker"});
  start("worker", program("claude"), "Look around");
  ASSERT_TRUE(eventually([&] { return asked_by("worker").size() > 1; }, Deadline(patience)))
      << "it asks again after a limit: " << screen_of("worker");
  ASSERT_TRUE(becomes("worker", "idle")) << screen_of("worker");
  const std::string first = asked_by("worker").front();
  EXPECT_THAT(first, HasSubstr("context-handoff")) << "it knows the words of our plugin";
  EXPECT_THAT(first, HasSubstr("yardmaster:broadcast"));
  send("worker", "how far are you?");
  EXPECT_TRUE(is_asked("worker", "1 unread message for worker")) << screen_of("worker");
  EXPECT_EQ(summary_of("worker"), "woken");
}

TEST_F(RealClaude, what_comes_while_it_uses_a_tool_is_told_beside_the_result) {
  begin({follow_up("worker", "Ask first", "yardmaster send user 'may I?' --wait read"),
         follow_up("worker", "unread message", "yardmaster complete --summary heard")},
        {"worker"});
  start("worker", program("claude"), "Ask first");
  ASSERT_TRUE(user_gets("may I?")) << screen_of("worker");
  send("worker", "you may");
  const json mail = daemon_->call("list_messages", {{"instance_id", "user"}}).at("messages");
  daemon_->call("read_message", {{"instance_id", "user"}, {"id", mail.at(0).at("id")}});
  EXPECT_EQ(summary_of("worker"), "heard");
  EXPECT_THAT(asked_by("worker").at(1), HasSubstr("1 unread message for worker"));
  EXPECT_THAT(asked_by("worker").at(1), HasSubstr("tool_result"));
}

}  // namespace
}  // namespace yardmaster::support
