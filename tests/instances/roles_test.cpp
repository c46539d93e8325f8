#include "coordinator/instances/roles/roles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "coordinator/base/error.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class RolesTest : public testing::Test {
 protected:
  Roles load(const std::string& text) {
    support::write_file(file_, text);
    return Roles::load(file_);
  }

  // Returns the complaint without the file's name that it begins with.
  std::string refusal(const std::string& text) {
    try {
      load(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      EXPECT_THAT(error.what(), StartsWith(file_.string()));
      return std::string(error.what()).substr(file_.string().size());
    }
    return "nothing";
  }

  support::TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / "roles.json";
};

TEST_F(RolesTest, without_a_file_there_are_the_built_in_roles) {
  const Roles roles = Roles::load(file_);
  std::vector<std::string> names;
  std::vector<std::string> persistent;
  for (const Role& role : roles.all()) {
    names.push_back(role.name);
    if (role.persistent) persistent.push_back(role.name);
    EXPECT_THAT(role.prompt, StartsWith("# Your role: "));
    EXPECT_EQ(role.agent_command, "");
  }
  EXPECT_THAT(names, ElementsAre("supervisor", "merge-queue", "worker", "developer", "debugger",
                                 "architect"));
  EXPECT_THAT(persistent, ElementsAre("supervisor", "merge-queue"));
}

TEST_F(RolesTest, a_role_that_there_is_not_is_refused_with_those_that_there_are) {
  const Roles roles = load(R"({"roles": {"reviewer": {"prompt": "Review."}}})");
  try {
    roles.find("reviewr");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_THAT(error.what(), HasSubstr("'reviewr'"));
    EXPECT_THAT(error.what(), HasSubstr("supervisor, merge-queue, worker"));
    EXPECT_THAT(error.what(), HasSubstr("architect, reviewer"));
    EXPECT_THAT(error.what(), HasSubstr(file_.string()));
  }
}

TEST_F(RolesTest, the_file_adds_roles_with_everything_that_they_have) {
  const Roles roles = load(R"({
    // People write this.
    "mcp_servers": {"issues": {"command": "issue-server", "args": ["--stdio", ""],
                               "env": {"LANG": "C"}},
                    "plain_1": {"command": "plain"}},
    "roles": {"reviewer": {"prompt": "Review.", "persistent": true,
                           "mcp_servers": ["plain_1", "issues"],
                           "agent_command": "codex --prompt '{task}'"}} /* and this */
  })");
  const Role& role = roles.find("reviewer");
  EXPECT_EQ(role.prompt, "Review.");
  EXPECT_TRUE(role.persistent);
  EXPECT_THAT(role.mcp_servers, ElementsAre("plain_1", "issues"));
  EXPECT_EQ(role.agent_command, "codex --prompt '{task}'");
  EXPECT_EQ(roles.mcp_definition("issues"),
            nlohmann::json::parse(
                R"({"command": "issue-server", "args": ["--stdio", ""], "env": {"LANG": "C"}})"));
  EXPECT_EQ(roles.mcp_definition("plain_1"), nlohmann::json::parse(R"({"command": "plain"})"));
  EXPECT_THROW(roles.mcp_definition("other"), Error);
  EXPECT_EQ(roles.all().size(), 7U);
}

TEST_F(RolesTest, an_agent_is_woken_as_its_role_says_or_as_is_usual_for_its_kind) {
  const Roles roles = load(R"({"roles": {"worker": {"wake": "none"}}})");
  EXPECT_EQ(roles.find("worker").wake, WakeWay::none);
  EXPECT_FALSE(roles.find("developer").wake.has_value());
  EXPECT_EQ(roles.wake_way_of("worker", "claude", true), WakeWay::none);
  EXPECT_EQ(roles.wake_way_of("developer", "/opt/claude --model opus", true), WakeWay::hooks);
  EXPECT_EQ(roles.wake_way_of("developer", "claude", false), WakeWay::pane);
  EXPECT_EQ(roles.wake_way_of("developer", "codex '{task}'", true), WakeWay::pane);
}

TEST_F(RolesTest, agents_of_persistent_roles_are_told_to_begin) {
  const Roles roles = load(R"({"roles": {
      "worker": {"persistent": true}, "merge-queue": {"first_prompt": ""},
      "watcher": {"prompt": "Watch.", "persistent": true, "first_prompt": "Look around."},
      "reviewer": {"prompt": "Review."}}})");
  EXPECT_THAT(roles.find("supervisor").first_prompt, HasSubstr("yardmaster inbox"));
  EXPECT_EQ(roles.find("worker").first_prompt, roles.find("supervisor").first_prompt);
  EXPECT_EQ(roles.find("merge-queue").first_prompt, "");
  EXPECT_EQ(roles.find("watcher").first_prompt, "Look around.");
  EXPECT_EQ(roles.find("reviewer").first_prompt, "");
}

TEST_F(RolesTest, a_prompt_file_is_found_beside_the_file) {
  std::filesystem::create_directory(directory_ / "prompts");
  support::write_file(directory_ / "prompts/reviewer.md", "Review it.\n");
  const Roles roles = load(R"({"roles": {"reviewer": {"prompt_file": "prompts/reviewer.md"}}})");
  EXPECT_EQ(roles.find("reviewer").prompt, "Review it.\n");
}

TEST_F(RolesTest, a_built_in_role_is_extended_and_keeps_its_own_prompt) {
  const std::string before = Roles::load(file_).find("worker").prompt;
  const Roles roles = load(R"({"mcp_servers": {"issues": {"command": "issue-server"}},
      "roles": {"worker": {"prompt": "Speak French.", "mcp_servers": ["issues"]},
                "supervisor": {"persistent": false, "agent_command": "claude --model opus"}}})");
  EXPECT_EQ(roles.find("worker").prompt, before + "\nSpeak French.");
  EXPECT_THAT(roles.find("worker").mcp_servers, ElementsAre("issues"));
  EXPECT_FALSE(roles.find("worker").persistent);
  EXPECT_FALSE(roles.find("supervisor").persistent);
  EXPECT_EQ(roles.find("supervisor").agent_command, "claude --model opus");
  EXPECT_EQ(roles.all().size(), 6U);
}

TEST_F(RolesTest, a_mistake_is_named_by_its_path) {
  const auto role = [](const std::string& fields) {
    return R"({"mcp_servers": {"issues": {"command": "i"}}, "roles": {"reviewer": {)" + fields +
           "}}}";
  };
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {R"({"rolls": {}})", ": rolls: unknown key; there are: roles mcp_servers"},
      {R"([])", ": expected an object"},
      {R"({"roles": []})", ": roles: expected an object"},
      {R"({"roles": {"reviewer": 1}})", ": roles.reviewer: expected an object"},
      {R"({"roles": {"Re viewer": {"prompt": "x"}}})", ": roles.Re viewer: is not a role's name"},
      {role(R"("promt": "x")"), ": roles.reviewer.promt: unknown key; there are: prompt"},
      {role(""), ": roles.reviewer: needs a prompt or a prompt_file"},
      {role(R"("prompt": 1)"), ": roles.reviewer.prompt: expected a text"},
      {role(R"("prompt": "")"), ": roles.reviewer.prompt: must not be empty"},
      {role(R"("prompt": "a\u0000b")"), ": roles.reviewer.prompt: has a NUL byte"},
      {role(R"("prompt": "x", "prompt_file": "y")"), ": roles.reviewer.prompt_file: there is"},
      {role(R"("prompt_file": "none.md")"), ": roles.reviewer.prompt_file: "},
      {role(R"("prompt_file": ".")"), "is not a regular file"},
      {role(R"("prompt": "x", "persistent": "yes")"),
       ": roles.reviewer.persistent: expected true or false"},
      {role(R"("prompt": "x", "mcp_servers": "issues")"),
       ": roles.reviewer.mcp_servers: expected a list of texts"},
      {role(R"("prompt": "x", "mcp_servers": ["issues", 2])"),
       ": roles.reviewer.mcp_servers[1]: expected a text"},
      {role(R"("prompt": "x", "mcp_servers": ["other"])"),
       ": roles.reviewer.mcp_servers[0]: 'other' is not defined in mcp_servers"},
      {role(R"("prompt": "x", "wake": "shout")"),
       ": roles.reviewer.wake: 'shout' is not hooks, pane or none"},
      {role(R"("prompt": "x", "agent_command": "claude 'a")"),
       ": roles.reviewer.agent_command: the command 'claude 'a' has an open ' quote"},
      {R"({"mcp_servers": {"a b": {"command": "x"}}})",
       ": mcp_servers.a b: is not a server's name"},
      {R"({"mcp_servers": {"a": {}}})", ": mcp_servers.a: needs a command"},
      {R"({"mcp_servers": {"a": {"command": ""}}})", ": mcp_servers.a.command: must not be empty"},
      {R"({"mcp_servers": {"a": {"command": "x", "url": "y"}}})",
       ": mcp_servers.a.url: unknown key; there are: command args env"},
      {R"({"mcp_servers": {"a": {"command": "x", "args": ["y", {}]}}})",
       ": mcp_servers.a.args[1]: expected a text"},
      {R"({"mcp_servers": {"a": {"command": "x", "env": {"B": 1}}}})",
       ": mcp_servers.a.env.B: expected a text"},
  };
  for (const auto& [text, complaint] : mistakes) {
    EXPECT_THAT(refusal(text), HasSubstr(complaint)) << text;
  }
}

TEST_F(RolesTest, a_broken_file_names_itself_and_the_line) {
  EXPECT_THAT(refusal("{\"roles\":\n {\"a\": }\n}"), StartsWith(":2: "));
  EXPECT_THAT(refusal(""), StartsWith(":1: "));
  EXPECT_THAT(refusal("{\"roles\": {\"worker\": {\"prompt\": \"\xff\"}}}"), StartsWith(":1: "));
  EXPECT_THAT(refusal(std::string(100, '[') + std::string(100, ']')), HasSubstr("nested deeper"));
}

TEST_F(RolesTest, a_prompt_file_that_never_ends_is_not_waited_for) {
  ASSERT_EQ(::mkfifo((directory_ / "fifo.md").c_str(), 0600), 0);
  EXPECT_THAT(refusal(R"({"roles": {"reviewer": {"prompt_file": "fifo.md"}}})"),
              HasSubstr("roles.reviewer.prompt_file: "));
}

}  // namespace
}  // namespace yardmaster
