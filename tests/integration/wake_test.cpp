// An agent hears that it has messages, by the first way that it has: its hooks, while it works and
// at the end of its turn.
#include "tests/integration/agent_yard.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Wake : public AgentYard {
 protected:
  void send(const std::string& to, const std::string& body) {
    daemon_->call("send_message", {{"from", "user"}, {"to", to}, {"body", body}});
  }

  std::string state_of(const std::string& name) const {
    return listed("instances", name).at("state").get<std::string>();
  }

  // What the hook tells its agent, called as Claude Code calls it; nothing when it prints nothing.
  std::string hook(const std::string& name, const std::string& word, const std::string& event,
                   json more = json::object()) const {
    more.update({{"session_id", "5f3a"}, {"hook_event_name", event}, {"cwd", "/"}});
    const std::string socket = "instance-" + name + ".sock";
    const auto result =
        run({.argv = {yardmaster_program(), "hook", word},
             .environment = {{"YARDMASTER_SOCKET", (daemon_->runtime_dir() / socket).string()},
                             {"YARDMASTER_INSTANCE", name}},
             .input = more.dump()});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.errors, "");
    if (result.output.empty()) return {};
    const json said = json::parse(result.output).at("hookSpecificOutput");
    EXPECT_EQ(said.at("hookEventName"), event);
    return said.at("additionalContext").get<std::string>();
  }
  std::string stop(const std::string& name, bool again) const {
    return hook(name, "stop", "Stop", {{"stop_hook_active", again}});
  }
};

TEST_F(Wake, an_agent_that_works_is_told_once_of_the_same_messages) {
  spawn("worker", "worker");
  EXPECT_EQ(hook("worker", "prompt", "UserPromptSubmit"), "");
  send("worker", "how far are you?");
  send("worker", "and when?");
  const std::string two = "2 unread messages for worker; `yardmaster inbox` lists them.";
  EXPECT_EQ(hook("worker", "tool", "PostToolUse"), two);
  EXPECT_EQ(hook("worker", "tool", "PostToolUse"), "");
  EXPECT_EQ(hook("worker", "prompt", "UserPromptSubmit"), "");
  send("worker", "never mind");
  EXPECT_THAT(hook("worker", "session-start", "SessionStart"), HasSubstr("3 unread messages"));
  const json open =
      daemon_->call("list_messages", {{"instance_id", "worker"}, {"status", "delivered"}});
  EXPECT_EQ(open.at("messages").size(), 3U) << "the hooks ran to their ends";
}

TEST_F(Wake, a_hook_that_does_not_end_has_told_nothing) {
  configure({{"delivery_lease", "300ms"}});
  spawn("worker", "worker");
  send("worker", "how far are you?");
  const json asked{{"instance_id", "worker"}, {"rung", "context"}};
  EXPECT_EQ(daemon_->call("unread_messages", asked).at("tell"), true);
  EXPECT_EQ(daemon_->call("unread_messages", asked).at("tell"), false) << "another one tells it";
  const json pending{{"instance_id", "worker"}, {"status", "pending"}};
  EXPECT_EQ(daemon_->call("list_messages", pending).at("messages").size(), 1U);
  EXPECT_TRUE(eventually([&] { return !hook("worker", "tool", "PostToolUse").empty(); }))
      << "that was killed, for all that one knows";
  EXPECT_EQ(daemon_->call("list_messages", pending).at("messages").size(), 0U);
  let_pass(std::chrono::milliseconds(400));
  EXPECT_EQ(hook("worker", "tool", "PostToolUse"), "") << "it was told for good";
}

TEST_F(Wake, what_was_read_is_not_told) {
  spawn("worker", "worker");
  send("worker", "how far are you?");
  const json open = daemon_->call("list_messages", {{"instance_id", "worker"}});
  daemon_->call("read_message",
                {{"instance_id", "worker"}, {"id", open.at("messages")[0].at("id")}});
  EXPECT_EQ(hook("worker", "tool", "PostToolUse"), "");
  EXPECT_EQ(stop("worker", false), "");
}

TEST_F(Wake, a_turn_does_not_end_before_its_agent_was_told) {
  spawn("worker", "worker");
  hook("worker", "prompt", "UserPromptSubmit");
  send("worker", "wait");
  EXPECT_THAT(stop("worker", false), HasSubstr("1 unread message for worker"));
  EXPECT_EQ(state_of("worker"), "running");
  EXPECT_EQ(stop("worker", true), "") << "it may not want to read it now";
  EXPECT_EQ(state_of("worker"), "idle");
}

// Claude Code overrides the hooks at the ninth.
TEST_F(Wake, messages_that_never_end_let_a_turn_end) {
  spawn("worker", "worker");
  for (int turn = 0; turn < 7; ++turn) {
    send("worker", "again");
    EXPECT_NE(stop("worker", turn > 0), "") << turn;
  }
  send("worker", "again");
  EXPECT_EQ(stop("worker", true), "");
  EXPECT_EQ(state_of("worker"), "idle");
  EXPECT_THAT(stop("worker", false), HasSubstr("8 unread messages"));
}

TEST_F(Wake, a_subagent_does_not_hear_what_is_for_its_agent) {
  spawn("worker", "worker");
  send("worker", "wait");
  EXPECT_EQ(hook("worker", "tool", "PostToolUse", {{"agent_id", "a7"}}), "");
  EXPECT_NE(hook("worker", "tool", "PostToolUse"), "");
}

TEST_F(Wake, an_instance_of_the_same_name_is_told_anew_of_what_it_has) {
  const json first = spawn("boss", "supervisor");
  send("boss", "look at the tests");
  EXPECT_NE(hook("boss", "tool", "PostToolUse"), "");
  kill_agent(first);
  ASSERT_TRUE(eventually([&] {
    const json now = listed("instances", "boss");
    return !now.is_null() && now.value("pid", 0) != first.at("pid");
  }));
  EXPECT_TRUE(eventually([&] { return !hook("boss", "tool", "PostToolUse").empty(); }));
}

TEST_F(Wake, an_unknown_rung_is_refused) {
  spawn("worker", "worker");
  auto client = daemon_->connect();
  EXPECT_EQ(client.code_of("unread_messages", {{"instance_id", "worker"}, {"rung", "ninth"}}),
            "invalid_request");
}

}  // namespace
}  // namespace yardmaster::support
