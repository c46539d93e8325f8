// These tests are on what agents are told of the commands, and on what their hooks tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/cli/command_line.h"
#include "coordinator/cli/hook_event.h"
#include "coordinator/cli/reference.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CliReference, tells_an_agent_the_commands_that_it_may_use) {
  const std::string text = cli_reference();
  for (const char* usage :
       {"`yardmaster agent send-message TO BODY`", "`yardmaster agent list-messages`",
        "`yardmaster agent read-message ID`", "`yardmaster agent ack-message ID`",
        "`yardmaster complete`", "`yardmaster spawn ROLE`", "`yardmaster ls`",
        "`yardmaster logs [NAME]`", "`yardmaster history [NAME]`", "`yardmaster rescue ls`",
        "`yardmaster rescue restore REF|NAME`", "- `--task TEXT`: ", "- `-f,--follow`: "}) {
    EXPECT_THAT(text, HasSubstr(usage));
  }
}

TEST(CliReference, leaves_out_what_is_not_for_agents) {
  const std::string text = cli_reference();
  for (const char* other : {"stop-all", "yardmaster rm", "yardmaster stop", "hook", "--state-dir",
                            "--help", "--instance", "--from NAME"}) {
    EXPECT_THAT(text, Not(HasSubstr(other)));
  }
  EXPECT_LT(text.size(), 6000U) << "it is part of every prompt";
}

TEST(CliReference, is_the_same_each_time) { EXPECT_EQ(cli_reference(), cli_reference()); }

// A verb without an example, a description or a place in the list is not finished.
void expect_complete(const CLI::App& verb, const std::string& parent) {
  const std::string name = parent + " " + verb.get_name();
  EXPECT_NE(verb.get_description(), "") << name;
  const auto children =
      verb.get_subcommands([](const CLI::App* child) { return !child->get_group().empty(); });
  for (const CLI::App* child : children) expect_complete(*child, name);
  if (!children.empty()) return;
  EXPECT_THAT(verb.get_footer(), HasSubstr("yardmaster ")) << name << " has no example";
  for (const CLI::Option* option : verb.get_options()) {
    EXPECT_NE(option->get_description(), "") << name << " " << option->get_name();
  }
}

TEST(CommandHelp, has_an_example_for_every_verb) {
  CLI::App app{"", "yardmaster"};
  Places places;
  int status = 0;
  add_verbs(app, places, status);
  for (const CLI::App* verb :
       app.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); })) {
    EXPECT_NE(verb->get_group(), "Subcommands") << verb->get_name() << " is in no group";
    expect_complete(*verb, "yardmaster");
  }
}

TEST(CommandHelp, a_hint_names_the_same_yard_and_can_be_pasted) {
  Places places;
  EXPECT_EQ(places.command({"rescue", "restore", "w/1"}), "yardmaster rescue restore w/1");
  places.state_dir = "/my yard";
  EXPECT_EQ(places.command({"ls"}), "yardmaster ls --state-dir '/my yard'");
}

TEST(HookEvent, says_whether_the_agent_works_or_waits) {
  EXPECT_EQ(report_of("prompt", "")->at("state"), "running");
  EXPECT_EQ(report_of("stop", "")->at("state"), "idle");
  EXPECT_EQ(report_of("session-end", "")->at("state"), "idle");
  EXPECT_EQ(report_of("session-start", R"({"source":"startup"})")->at("state"), "idle");
  EXPECT_EQ(report_of("session-start", R"({"source":"compact"})")->at("state"), "running");
}

TEST(HookEvent, passes_the_session_on) {
  const json report = report_of("prompt", R"({"session_id":"5f3a","prompt":"hello"})").value();
  EXPECT_EQ(report, (json{{"state", "running"}, {"session_id", "5f3a"}}));
}

TEST(HookEvent, makes_the_best_of_any_input) {
  for (const char* input : {"", "{", "[]", "7", "null", R"({"session_id":null})", "\xff"}) {
    EXPECT_EQ(report_of("stop", input).value(), (json{{"state", "idle"}})) << input;
  }
  EXPECT_FALSE(report_of("brew", "").has_value());
  EXPECT_FALSE(report_of("", "").has_value());
}

TEST(HookEvent, an_agent_that_speaks_json_hears_at_its_own_events) {
  const auto heard = hearing_of("prompt", R"({"hook_event_name":"UserPromptSubmit"})").value();
  EXPECT_EQ(heard.event, "UserPromptSubmit");
  EXPECT_EQ(heard.request, (json{{"rung", "context"}}));
  EXPECT_EQ(hearing_of("tool", R"({"hook_event_name":"AfterTool"})")->event, "AfterTool");
  EXPECT_EQ(hearing_of("stop", R"({"hook_event_name":"Stop","stop_hook_active":true})")->request,
            (json{{"rung", "turn"}, {"again", true}}));
}

TEST(HookEvent, nobody_else_hears_anything) {
  EXPECT_FALSE(hearing_of("session-end", R"({"hook_event_name":"SessionEnd"})").has_value());
  EXPECT_FALSE(
      hearing_of("tool", R"({"hook_event_name":"PostToolUse","agent_id":"a7"})").has_value());
  for (const char* input : {"", "{", "[]", "null", R"({"hook_event_name":""})", "{}"}) {
    EXPECT_FALSE(hearing_of("stop", input).has_value()) << input;
  }
}

TEST(HookEvent, what_is_said_is_a_fact_in_the_documented_shape) {
  EXPECT_EQ(unread_text("ada", 1), "1 unread message for ada; `yardmaster inbox` lists it.");
  EXPECT_EQ(said_to_agent("Stop", unread_text("ada", 2)),
            R"({"hookSpecificOutput":{"additionalContext":"2 unread messages for ada; )"
            R"(`yardmaster inbox` lists them.","hookEventName":"Stop"}})"
            "\n");
}

}  // namespace
}  // namespace yardmaster::cli
