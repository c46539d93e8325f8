// Codex, Gemini CLI and opencode: each starts with its task, tells what it does, is woken by a
// message and completes.
#include "tests/agents/real_agents.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class OtherAgents : public RealAgents {
 protected:
  void starts_is_woken_and_completes(const std::string& kind);
  void is_told_beside_the_result_of_a_tool(const std::string& kind);
  static std::string unread() { return "[Uu]nread message"; }
};

void OtherAgents::starts_is_woken_and_completes(const std::string& kind) {
  const json begins{{"agent", "worker"},
                    {"when", "Build the lexer"},
                    {"run", "yardmaster send user 'it is begun'"}};
  const json ends{
      {"agent", "worker"}, {"when", unread()}, {"run", "yardmaster complete --summary woken"}};
  begin({begins, ends}, {"worker"}, {{"skip_permissions", true}});
  start("worker", program(kind), "Build the lexer");
  ASSERT_TRUE(user_gets("it is begun")) << screen_of("worker");
  ASSERT_TRUE(becomes("worker", "idle")) << screen_of("worker");
  send("worker", "how far are you?");
  EXPECT_EQ(summary_of("worker"), "woken");
}

void OtherAgents::is_told_beside_the_result_of_a_tool(const std::string& kind) {
  const json asks{{"agent", "worker"},
                  {"when", "Ask first"},
                  {"run", "yardmaster send user 'may I?' --wait read"}};
  const json ends{
      {"agent", "worker"}, {"when", unread()}, {"run", "yardmaster complete --summary heard"}};
  begin({asks, ends}, {"worker"}, {{"skip_permissions", true}});
  start("worker", program(kind), "Ask first");
  ASSERT_TRUE(user_gets("may I?")) << screen_of("worker");
  send("worker", "you may");
  const json mail = daemon_->call("list_messages", {{"instance_id", "user"}}).at("messages");
  daemon_->call("read_message", {{"instance_id", "user"}, {"id", mail.at(0).at("id")}});
  EXPECT_EQ(summary_of("worker"), "heard");
}

// Its sandbox keeps commands from the coordinator's socket: it has the tools for that.
TEST_F(OtherAgents, codex_sends_and_completes_from_its_sandbox) {
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

TEST_F(OtherAgents, codex_starts_is_woken_by_a_message_and_completes) {
  starts_is_woken_and_completes("codex");
}
TEST_F(OtherAgents, gemini_starts_is_woken_by_a_message_and_completes) {
  starts_is_woken_and_completes("gemini");
}
TEST_F(OtherAgents, opencode_starts_is_woken_by_a_message_and_completes) {
  starts_is_woken_and_completes("opencode");
}

TEST_F(OtherAgents, codex_is_told_beside_the_result_of_a_tool) {
  is_told_beside_the_result_of_a_tool("codex");
}
TEST_F(OtherAgents, gemini_is_told_beside_the_result_of_a_tool) {
  is_told_beside_the_result_of_a_tool("gemini");
}
TEST_F(OtherAgents, opencode_is_told_beside_the_result_of_a_tool) {
  is_told_beside_the_result_of_a_tool("opencode");
}

}  // namespace
}  // namespace yardmaster::support
