#include "coordinator/instances/roles/agent_configuration.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "coordinator/instances/roles/agent_command.h"
#include "coordinator/instances/roles/instance_files.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ConfigurationFacts sample_facts() {
  ConfigurationFacts facts;
  facts.program = "/usr/bin/yardmaster";
  facts.directory = "/yard/agents/worker-3";
  facts.prompt_file = "/yard/prompts/worker-3.md";
  facts.mcp_servers = {{"issues", {{"command", "issue-server"}, {"args", {"--stdio"}}}}};
  return facts;
}

AgentConfiguration configured(const char* kind, const ConfigurationFacts& facts = sample_facts()) {
  return configuration_of(find_kind(built_in_agent_kinds(), kind), facts);
}

json hook_that_says(const std::string& argument, int timeout) {
  return {{"type", "command"},
          {"command", "/usr/bin/yardmaster hook " + argument},
          {"timeout", timeout}};
}

json settings_of(const AgentConfiguration& made) {
  return json::parse(made.files.at("settings.json"));
}

TEST(AgentConfigurationTest, claude_gets_everything_by_flags_and_nothing_in_its_worktree) {
  const AgentConfiguration made = configured("claude");
  EXPECT_THAT(made.worktree_files, IsEmpty());
  EXPECT_THAT(made.options, ElementsAre("--mcp-config", "/yard/agents/worker-3/mcp.json",
                                        "--settings", "/yard/agents/worker-3/settings.json",
                                        "--plugin-dir", "/yard/agents/worker-3/plugin"));
  EXPECT_EQ(json::parse(made.files.at("mcp.json")).at("mcpServers").at("issues").at("command"),
            "issue-server");
  for (const char* skill : {"broadcast", "context-handoff"}) {
    const std::string text = made.files.at("plugin/skills/" + std::string(skill) + "/SKILL.md");
    EXPECT_THAT(text, HasSubstr("name: " + std::string(skill)));
  }
}

TEST(AgentConfigurationTest, hooks_call_our_program_for_each_event) {
  const json hooks = settings_of(configured("claude")).at("hooks");
  const std::map<std::string, std::string> events{{"SessionStart", "session-start"},
                                                  {"UserPromptSubmit", "prompt"},
                                                  {"PostToolUse", "tool"},
                                                  {"Stop", "stop"},
                                                  {"SessionEnd", "session-end"}};
  EXPECT_EQ(hooks.size(), events.size());
  for (const auto& [event, argument] : events) {
    EXPECT_EQ(hooks.at(event).at(0).at("hooks").at(0), hook_that_says(argument, 5)) << event;
  }
}

TEST(AgentConfigurationTest, a_session_that_waits_is_woken_by_a_hook_beside_it) {
  json waiting = hook_that_says("wait", 7 * 24 * 3600);
  waiting["asyncRewake"] = true;
  const json settings = settings_of(configured("claude"));
  for (const auto& [event, groups] : settings.at("hooks").items()) {
    const json hooks = groups.at(0).at("hooks");
    const bool waits = event == "SessionStart" || event == "Stop";
    ASSERT_EQ(hooks.size(), waits ? 2U : 1U) << event;
    EXPECT_EQ(hooks.back() == waiting, waits) << event;
  }
}

TEST(AgentConfigurationTest, what_is_switched_off_is_not_there) {
  ConfigurationFacts facts = sample_facts();
  facts.hooks = false;
  facts.mcp_servers = json::object();
  EXPECT_FALSE(settings_of(configured("claude", facts)).contains("hooks"));
  EXPECT_THAT(configured("claude", facts).options, Not(Contains("--mcp-config")));
  EXPECT_THAT(configured("gemini", facts).worktree_files, IsEmpty());
  for (const std::string& word : configured("codex", facts).options) {
    EXPECT_THAT(word, Not(HasSubstr("hooks.")));
  }
  EXPECT_FALSE(configured("opencode", facts).files.contains("plugin.js"));
}

TEST(AgentConfigurationTest, what_starts_other_programs_is_not_allowed_beforehand) {
  const json allowed = settings_of(configured("claude")).at("permissions").at("allow");
  EXPECT_THAT(allowed, Contains("Bash(yardmaster send:*)"));
  for (const char* verb : {"exec-agent", "start", "call", "config", "hook"}) {
    EXPECT_THAT(allowed, Not(Contains("Bash(yardmaster " + std::string(verb) + ":*)")));
  }
}

TEST(AgentConfigurationTest, codex_takes_hooks_servers_and_their_trust_as_settings_of_the_session) {
  const AgentConfiguration made = configured("codex");
  EXPECT_THAT(made.files, IsEmpty());
  EXPECT_THAT(made.options,
              Contains(R"(hooks.Stop=[{"hooks"=[{"command"="/usr/bin/yardmaster hook stop-block",)"
                       R"("timeout"=5,"type"="command"}]}])"));
  EXPECT_THAT(made.options,
              Contains(R"(mcp_servers.issues={"args"=["--stdio"],"command"="issue-server"})"));
  EXPECT_THAT(made.options, Contains(HasSubstr(R"("/<session-flags>/config.toml:stop:0:0"=)")));
}

TEST(AgentConfigurationTest, geminis_file_is_kept_out_of_its_status) {
  const AgentConfiguration made = configured("gemini");
  ASSERT_EQ(made.worktree_files.size(), 1U);
  const auto& [name, text] = *made.worktree_files.begin();
  EXPECT_THAT(own_file_patterns(ConfigurationForm::gemini, {}, false), Contains("/" + name));
  const json hooks = json::parse(text).at("hooks");
  EXPECT_EQ(hooks.at("AfterAgent").at(0).at("hooks").at(0).at("command"),
            "/usr/bin/yardmaster hook stop-block");
}

TEST(AgentConfigurationTest, opencodes_plugin_calls_our_program) {
  ConfigurationFacts facts = sample_facts();
  facts.program = "/opt/it's a \"place\"/yardmaster";
  const AgentConfiguration made = configured("opencode", facts);
  EXPECT_THAT(made.files.at("plugin.js"),
              HasSubstr(R"(const program = "/opt/it's a \"place\"/yardmaster")"));
  EXPECT_EQ(made.environment.at("OPENCODE_CONFIG"), "/yard/agents/worker-3/opencode.json");
}

TEST(AgentConfigurationTest, a_program_in_an_odd_place_is_still_called) {
  const support::TemporaryDirectory scratch;
  ConfigurationFacts facts = sample_facts();
  facts.program = (scratch / "it's a $program").string();
  support::write_file(facts.program, "#!/bin/sh\necho called \"$@\"\n");
  std::filesystem::permissions(facts.program, std::filesystem::perms::owner_all);
  const json hook = settings_of(configured("claude", facts)).at("hooks").at("Stop").at(0);
  const std::string command = hook.at("hooks").at(0).at("command");
  EXPECT_EQ(support::run({.argv = {"sh", "-c", command}}).output, "called hook stop\n");
}

}  // namespace
}  // namespace yardmaster
