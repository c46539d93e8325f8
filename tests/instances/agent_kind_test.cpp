#include "coordinator/instances/roles/agent_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/instances/roles/agent_command.h"
#include "coordinator/instances/roles/roles.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

using testing::ElementsAre;

AgentFacts with_task(const std::string& task) {
  AgentFacts facts;
  facts.task = task;
  facts.prompt_file = "/yard/p.md";
  return facts;
}

std::vector<std::string> started(const std::string& command, const AgentFacts& facts,
                                 const std::vector<std::string>& added = {}) {
  return agent_argv(kind_of_command(built_in_agent_kinds(), command), command, facts, added);
}

TEST(AgentKindTest, a_kind_is_recognised_by_the_file_name_of_the_program) {
  const auto kinds = built_in_agent_kinds();
  EXPECT_EQ(kind_of_command(kinds, "/opt/bin/codex --x").name, "codex");
  EXPECT_EQ(kind_of_command(kinds, "claude").name, "claude");
  EXPECT_EQ(kind_of_command(kinds, "gemini").name, "gemini");
  EXPECT_EQ(kind_of_command(kinds, "opencode").name, "opencode");
  for (const char* other : {"sh -c claude", "claude-wrapper", "aider codex"}) {
    EXPECT_EQ(kind_of_command(kinds, other).name, "command") << other;
  }
}

TEST(AgentKindTest, each_kind_is_told_its_task_and_its_prompt) {
  const std::string reads =
      "First read /yard/p.md: it says who you are here, and how one works here.";
  EXPECT_THAT(started("codex -m x", with_task("do it"), {"-c", "a=1"}),
              ElementsAre("codex", "-c", "a=1", "-m", "x", "--", reads + "\n\nThen: do it"));
  EXPECT_THAT(started("codex", with_task("")), ElementsAre("codex", "--", reads));
  EXPECT_THAT(started("gemini", with_task("do it")),
              ElementsAre("gemini", "--prompt-interactive", reads + "\n\nThen: do it"));
  EXPECT_THAT(started("opencode", with_task("do it")),
              ElementsAre("opencode", "--prompt", "do it"));
  EXPECT_THAT(started("opencode", with_task("")), ElementsAre("opencode"));
}

TEST(AgentKindTest, what_the_command_says_itself_is_not_said_again) {
  EXPECT_THAT(started("codex 'Read {prompt_file} first. {task}'", with_task("do it")),
              ElementsAre("codex", "Read /yard/p.md first. do it"));
  EXPECT_THAT(started("codex -c developer_instructions={prompt_file}", with_task("do it")),
              ElementsAre("codex", "-c", "developer_instructions=/yard/p.md", "--", "do it"));
  AgentFacts unasked = with_task("");
  unasked.skip_permissions = true;
  EXPECT_THAT(started("codex -s read-only", unasked).at(1), "-s");
  EXPECT_THAT(started("codex", unasked).at(1), "--dangerously-bypass-approvals-and-sandbox");
}

class OwnKinds : public testing::Test {
 protected:
  Roles load(const std::string& text) {
    support::write_file(scratch_ / "roles.json", text);
    return Roles::load(scratch_ / "roles.json");
  }
  std::string refusal(const std::string& text) {
    try {
      load(text);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "nothing";
  }

  support::TemporaryDirectory scratch_;
};

TEST_F(OwnKinds, a_user_adds_one_in_roles_json) {
  const Roles roles = load(R"({"agents": {"aider": {
    "programs": ["aider"], "options": [{"words": ["--read", "{prompt_file}"]}],
    "begin": ["--message", "{task}"], "environment": {"AIDER_CHECK_UPDATE": "false"},
    "configuration": "none", "wake": "none"}}})");
  const AgentKind& kind = roles.kind_of("worker", "aider --yes");
  EXPECT_EQ(kind.name, "aider");
  EXPECT_THAT(agent_argv(kind, "aider --yes", with_task("do it")),
              ElementsAre("aider", "--read", "/yard/p.md", "--yes", "--message", "do it"));
  EXPECT_EQ(kind.environment.at("AIDER_CHECK_UPDATE"), "false");
  EXPECT_EQ(roles.wake_way_of("worker", "aider", true), WakeWay::none);
}

TEST_F(OwnKinds, one_may_be_like_another) {
  const Roles roles = load(R"({"agents": {"qwen": {"like": "gemini", "programs": ["qwen"]}}})");
  const AgentKind& kind = roles.kind_of("worker", "qwen");
  EXPECT_EQ(kind.name, "qwen");
  EXPECT_EQ(kind.hooks.at("AfterAgent"), "stop-block");
  EXPECT_EQ(roles.kind_of("worker", "gemini").name, "gemini");
}

TEST_F(OwnKinds, a_role_says_what_its_command_does_not_show) {
  const Roles roles = load(R"({"roles": {"worker": {"agent": "gemini"}}})");
  const AgentKind& kind = roles.kind_of("worker", "node cli.js {options} -x");
  EXPECT_EQ(kind.name, "gemini");
  EXPECT_THAT(
      agent_argv(kind, "node cli.js {options} -x {task}", with_task("t"), {"--policy", "p"}),
      ElementsAre("node", "cli.js", "--policy", "p", "-x", "t"));
}

TEST_F(OwnKinds, mistakes_are_named) {
  EXPECT_THAT(refusal(R"({"agents": {"a": {"wake": "shout"}}})"),
              testing::HasSubstr("agents.a.wake: 'shout' is not hooks, pane or none"));
  EXPECT_THAT(refusal(R"({"agents": {"a": {"hooks": {"Done": "finish"}}}})"),
              testing::HasSubstr("agents.a.hooks.Done: 'finish' is none of our events"));
  EXPECT_THAT(refusal(R"({"agents": {"a": {"like": "b"}}})"),
              testing::HasSubstr("agents.a.like: there is no kind of agent 'b'"));
  EXPECT_THAT(refusal(R"({"agents": {"a": {"options": [{"word": []}]}}})"),
              testing::HasSubstr("agents.a.options[0].word: unknown key"));
  EXPECT_THAT(refusal(R"({"agents": {"a": {"options": [{}]}}})"),
              testing::HasSubstr("agents.a.options[0]: needs words"));
  EXPECT_THAT(refusal(R"({"roles": {"worker": {"agent": "b"}}})"),
              testing::HasSubstr("roles.worker.agent: there is no kind of agent 'b'"));
}

}  // namespace
}  // namespace yardmaster
