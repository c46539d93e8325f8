// Codex, Gemini CLI and opencode: each starts with its task, tells what it does, is woken by a
// message and completes.
#include "tests/agents/real_agents.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class OtherAgents : public RealAgents, public testing::WithParamInterface<const char*> {
 protected:
  static std::string unread() { return "[Uu]nread message"; }
};

TEST_P(OtherAgents, starts_is_woken_by_a_message_and_completes) {
  const json begins{{"agent", "worker"},
                    {"when", "Build the lexer"},
                    {"run", "yardmaster send user 'it is begun'"}};
  const json ends{
      {"agent", "worker"}, {"when", unread()}, {"run", "yardmaster complete --summary woken"}};
  begin({begins, ends}, {"worker"}, {{"skip_permissions", true}});
  start("worker", program(GetParam()), "Build the lexer");
  ASSERT_TRUE(user_gets("it is begun")) << screen_of("worker");
  ASSERT_TRUE(becomes("worker", "idle")) << screen_of("worker");
  send("worker", "how far are you?");
  EXPECT_EQ(summary_of("worker"), "woken");
}

TEST_P(OtherAgents, what_comes_while_it_uses_a_tool_is_told_beside_the_result) {
  const json asks{{"agent", "worker"},
                  {"when", "Ask first"},
                  {"run", "yardmaster send user 'may I?' --wait read"}};
  const json ends{
      {"agent", "worker"}, {"when", unread()}, {"run", "yardmaster complete --summary heard"}};
  begin({asks, ends}, {"worker"}, {{"skip_permissions", true}});
  start("worker", program(GetParam()), "Ask first");
  ASSERT_TRUE(user_gets("may I?")) << screen_of("worker");
  send("worker", "you may");
  const json mail = daemon_->call("list_messages", {{"instance_id", "user"}}).at("messages");
  daemon_->call("read_message", {{"instance_id", "user"}, {"id", mail.at(0).at("id")}});
  EXPECT_EQ(summary_of("worker"), "heard");
}

// Its sandbox keeps commands from the coordinator's socket: it has the tools for that.
TEST_F(RealAgents, codex_sends_and_completes_from_its_sandbox) {
  const json begins{{"agent", "worker"},
                    {"when", "Build the lexer"},
                    {"use", "send"},
                    {"with", {{"to", "user"}, {"body", "it is begun"}}}};
  const json ends{{"agent", "worker"},
                  {"when", "[Uu]nread message"},
                  {"use", "complete"},
                  {"with", {{"summary", "woken"}}}};
  begin({begins, ends}, {"worker"});
  start("worker", program("codex"), "Build the lexer");
  ASSERT_TRUE(user_gets("it is begun")) << screen_of("worker");
  ASSERT_TRUE(becomes("worker", "idle")) << screen_of("worker");
  send("worker", "how far are you?");
  EXPECT_EQ(summary_of("worker"), "woken");
}

INSTANTIATE_TEST_SUITE_P(Kinds, OtherAgents, testing::Values("codex", "gemini", "opencode"),
                         [](const auto& kind) { return std::string(kind.param); });

}  // namespace
}  // namespace yardmaster::support
