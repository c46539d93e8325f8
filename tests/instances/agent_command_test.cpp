#include "coordinator/instances/roles/agent_command.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/shell_quote.h"
#include "coordinator/instances/roles/command_words.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> argv_for(const std::string& command, const AgentFacts& facts) {
  return agent_argv(kind_of_command(built_in_agent_kinds(), command), command, facts);
}

AgentFacts sample_agent_facts(const std::string& task = "") {
  AgentFacts facts;
  facts.instance = "worker-3";
  facts.task = task;
  facts.session_id = "5f0c8a9e-0000-4000-8000-000000000001";
  facts.prompt_file = "/yard/prompts/worker-3.md";
  facts.worktree = "/yard/worktrees/api/worker-3";
  return facts;
}

std::string refusal(const std::function<void()>& act, ErrorCode code) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "nothing";
}

std::string argv_refusal(const std::string& command, const std::string& task = "") {
  return refusal([&] { argv_for(command, sample_agent_facts(task)); }, ErrorCode::invalid_request);
}

TEST(SplitCommandTest, words_are_split_as_a_shell_does) {
  EXPECT_THAT(split_command("  agent\t-x\n  y "), ElementsAre("agent", "-x", "y"));
  EXPECT_THAT(split_command(R"(a 'b c' "d e" f\ g 'it'\''s')"),
              ElementsAre("a", "b c", "d e", "f g", "it's"));
  EXPECT_THAT(split_command(R"(--x='1 2'"3 4"5 '' "")"), ElementsAre("--x=1 23 45", "", ""));
  EXPECT_THAT(split_command(R"("a\"b\\c\$d\`e\n" 'f\g')"), ElementsAre(R"(a"b\c$d`e\n)", R"(f\g)"));
  EXPECT_THAT(split_command("a \\\n b \"c\\\nd\""), ElementsAre("a", "b", "cd"));
  EXPECT_THAT(split_command(""), ElementsAre());
  EXPECT_THAT(split_command(" \n "), ElementsAre());
}

TEST(SplitCommandTest, nothing_is_expanded) {
  EXPECT_THAT(split_command("a $HOME ~ * $(id) `id` {x,y} #z"),
              ElementsAre("a", "$HOME", "~", "*", "$(id)", "`id`", "{x,y}", "#z"));
}

TEST(SplitCommandTest, what_cannot_be_split_is_refused) {
  const auto complaint = [](const std::string& command) {
    return refusal([&] { split_command(command); }, ErrorCode::invalid_request);
  };
  EXPECT_THAT(complaint("agent 'x"), HasSubstr("'agent 'x' has an open ' quote"));
  EXPECT_THAT(complaint("agent \"x\\\""), HasSubstr("has an open \" quote"));
  EXPECT_THAT(complaint("agent x\\"), HasSubstr("ends with a backslash"));
  for (const std::string command : {"a | b", "a && b", "a;b", "a >f", "a <f"}) {
    EXPECT_THAT(complaint(command), HasSubstr("no shell runs it")) << command;
  }
  EXPECT_THAT(split_command("sh -c 'a | b; c > d'"), ElementsAre("sh", "-c", "a | b; c > d"));
}

TEST(SplitCommandTest, what_is_quoted_for_a_shell_comes_back) {
  for (const std::string word :
       {"", "plain", "/usr/bin/yardmaster", "a b", "it's", "a\nb", "$x", "\\", "'", "\"*?~;"}) {
    EXPECT_THAT(split_command(shell_quote(word)), ElementsAre(word));
  }
}

TEST(AgentArgvTest, placeholders_are_filled_after_splitting) {
  EXPECT_THAT(
      argv_for("agent {task} --name={instance} '{worktree}/x y' {session_id} "
               "{prompt_file} {other} {}",
               sample_agent_facts("do 'this' \"now\"\nand {instance}")),
      ElementsAre("agent", "do 'this' \"now\"\nand {instance}", "--name=worker-3",
                  "/yard/worktrees/api/worker-3/x y", "5f0c8a9e-0000-4000-8000-000000000001",
                  "/yard/prompts/worker-3.md", "{other}", "{}"));
}

TEST(AgentArgvTest, a_task_placeholder_vanishes_without_a_task) {
  EXPECT_THAT(argv_for("agent {task} '{task}' --task={task}", sample_agent_facts()),
              ElementsAre("agent", "--task="));
}

TEST(AgentArgvTest, other_programs_get_what_the_command_says_and_nothing_else) {
  AgentFacts facts = sample_agent_facts("a task");
  facts.skip_permissions = true;
  EXPECT_THAT(argv_for("sleep 60", facts), ElementsAre("sleep", "60"));
  EXPECT_THAT(argv_for("claude-like x", facts), ElementsAre("claude-like", "x"));
  EXPECT_THAT(argv_for("env claude", facts), ElementsAre("env", "claude"));
}

TEST(AgentArgvTest, claude_gets_its_session_its_prompt_and_its_task) {
  EXPECT_THAT(
      argv_for("claude", sample_agent_facts("Add a test.")),
      ElementsAre("claude", "--session-id", "5f0c8a9e-0000-4000-8000-000000000001",
                  "--append-system-prompt-file", "/yard/prompts/worker-3.md", "--", "Add a test."));
  EXPECT_THAT(
      argv_for("/opt/bin/claude --model opus", sample_agent_facts()),
      ElementsAre("/opt/bin/claude", "--session-id", "5f0c8a9e-0000-4000-8000-000000000001",
                  "--append-system-prompt-file", "/yard/prompts/worker-3.md", "--model", "opus"));
}

TEST(AgentArgvTest, permissions_are_skipped_only_when_asked) {
  AgentFacts facts = sample_agent_facts();
  facts.session_id.clear();
  facts.prompt_file.clear();
  EXPECT_THAT(argv_for("claude", facts), ElementsAre("claude"));
  facts.skip_permissions = true;
  EXPECT_THAT(argv_for("claude", facts), ElementsAre("claude", "--dangerously-skip-permissions"));
  EXPECT_THAT(argv_for("claude --dangerously-skip-permissions", facts),
              ElementsAre("claude", "--dangerously-skip-permissions"));
  EXPECT_THAT(argv_for("claude --permission-mode=plan", facts),
              ElementsAre("claude", "--permission-mode=plan"));
}

TEST(AgentArgvTest, what_claudes_command_says_itself_is_not_said_twice) {
  const AgentFacts facts = sample_agent_facts("the task");
  EXPECT_THAT(argv_for("claude --session-id x --append-system-prompt-file=y -p {task}", facts),
              ElementsAre("claude", "--session-id", "x", "--append-system-prompt-file=y", "-p",
                          "the task"));
  EXPECT_THAT(argv_for("claude --continue --append-system-prompt z 'Task: {task}'", facts),
              ElementsAre("claude", "--continue", "--append-system-prompt", "z", "Task: the task"));
  EXPECT_THAT(argv_for("claude --my={session_id} @{prompt_file} --", facts),
              ElementsAre("claude", "--my=5f0c8a9e-0000-4000-8000-000000000001",
                          "@/yard/prompts/worker-3.md", "--", "the task"));
}

TEST(AgentArgvTest, no_option_of_claude_swallows_the_task) {
  const std::vector<std::string> argv =
      argv_for("claude --allowedTools Bash Edit", sample_agent_facts("the task"));
  EXPECT_THAT(std::vector(argv.end() - 5, argv.end()),
              ElementsAre("--allowedTools", "Bash", "Edit", "--", "the task"));
}

TEST(AgentArgvTest, a_task_is_one_argument_whatever_is_in_it) {
  for (const std::string& task :
       {std::string("--version"), std::string("-"), std::string("- [ ] a list\n- [ ] of things\n"),
        std::string("it's \"quoted\" `x` $(y) \\ \xff"), std::string(100'000, 'x')}) {
    const std::vector<std::string> argv = argv_for("claude", sample_agent_facts(task));
    EXPECT_TRUE(argv.back() == task) << argv.back().substr(0, 80);
    EXPECT_EQ(argv.at(argv.size() - 2), "--");
    EXPECT_THAT(argv_for("agent --do {task}", sample_agent_facts(task)),
                ElementsAre("agent", "--do", task));
  }
}

TEST(AgentArgvTest, a_task_of_one_word_is_not_taken_for_a_command_of_claude) {
  EXPECT_EQ(argv_for("claude", sample_agent_facts("update")).back(), "update\n");
  EXPECT_EQ(argv_for("claude", sample_agent_facts("/init")).back(), "/init");
}

TEST(AgentArgvTest, what_no_program_can_be_given_is_refused) {
  const std::string most(max_argument_bytes, 'x');
  EXPECT_EQ(argv_for("agent {task}", sample_agent_facts(most)).back(), most);
  EXPECT_THAT(argv_refusal("agent {task}", most + "x"), HasSubstr("would have 131072 bytes"));
  EXPECT_THAT(argv_refusal("claude", most + "x"), HasSubstr("put a long task into a file"));
  EXPECT_THAT(argv_refusal("agent {task}", std::string("a\0b", 3)), HasSubstr("NUL byte"));
}

TEST(AgentArgvTest, the_longest_argument_that_is_let_through_can_be_executed) {
  const std::vector<std::string> argv =
      argv_for("true {task}", sample_agent_facts(std::string(max_argument_bytes, 'x')));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::execlp(argv[0].c_str(), argv[0].c_str(), argv[1].c_str(), nullptr);
    ::_exit(127);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(AgentArgvTest, a_command_must_name_a_program) {
  EXPECT_THAT(argv_refusal(""), HasSubstr("is empty"));
  EXPECT_THAT(argv_refusal("  "), HasSubstr("is empty"));
  EXPECT_THAT(argv_refusal("'' x"), HasSubstr("is empty"));
  EXPECT_THAT(argv_refusal("{task}", "rm"), HasSubstr("not with {task}"));
  EXPECT_THAT(argv_refusal("agent \"{task}", "x"), HasSubstr("has an open \" quote"));
}

class RequireProgramTest : public testing::Test {
 protected:
  RequireProgramTest() {
    for (const char* folder : {"one", "two"}) {
      std::filesystem::create_directory(directory_ / folder);
    }
  }

  std::filesystem::path make(const std::string& name, mode_t mode) {
    std::filesystem::path file = directory_ / name;
    support::write_file(file, "#!/bin/sh\n");
    EXPECT_EQ(::chmod(file.c_str(), mode), 0);
    return file;
  }
  std::string path() {
    return ":relative:" + (directory_ / "one").string() + "::" + (directory_ / "two").string();
  }
  std::string refusal_of(const std::string& name) {
    return refusal([&] { require_program(name, path()); }, ErrorCode::not_found);
  }

  support::TemporaryDirectory directory_;
};

TEST_F(RequireProgramTest, finds_what_would_be_executed) {
  make("one/agent", 0600);
  std::filesystem::create_directory(directory_ / "one/other");
  const auto agent = make("two/agent", 0700);
  const auto other = make("two/other", 0700);
  EXPECT_EQ(require_program("agent", path()), agent);
  EXPECT_EQ(require_program("other", path()), other);
  EXPECT_EQ(require_program(agent.string(), ""), agent);
  EXPECT_EQ(require_program("./in-the-worktree", path()), "./in-the-worktree");
}

TEST_F(RequireProgramTest, says_what_is_missing_and_what_to_do) {
  make("one/agent", 0600);
  EXPECT_THAT(refusal_of("agent"), HasSubstr("the agent command 'agent' is not installed: it is in "
                                             "no directory of the daemon's PATH, " +
                                             path()));
  EXPECT_THAT(refusal_of("agent"), HasSubstr("name another with agent_command"));
  EXPECT_THAT(refusal_of((directory_ / "one/agent").string()), HasSubstr("no such program"));
  EXPECT_THAT(refusal_of(directory_.path().string()), HasSubstr("is not installed"));
}

}  // namespace
}  // namespace yardmaster
