// A task is data wherever it stands in an agent's command: real shells run what comes out.
#include "coordinator/instances/roles/task_in_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "coordinator/instances/roles/agent_command.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

using testing::HasSubstr;

AgentFacts facts_with(const std::string& task) {
  AgentFacts facts;
  facts.instance = "worker-3";
  facts.task = task;
  facts.worktree = "/yard/it's a $(place)/worker-3";
  return facts;
}

std::vector<std::string> argv_of_code(const std::string& command, const AgentFacts& facts) {
  return agent_argv(kind_of_command(built_in_agent_kinds(), command), command, facts);
}

std::vector<std::string> nasty_tasks() {
  return {"$(touch ran)",
          "`touch ran`",
          "; touch ran #",
          "'; touch ran; '",
          "\"; touch ran; \"",
          "' \"$(touch ran)\" '",
          "x\ntouch ran\n",
          "-n --help",
          "&& touch ran || touch ran",
          "${PATH:+$(touch ran)}",
          "*",
          "a  b\t c",
          "\\",
          "{task} {instance}",
          "é \xff"};
}

class TaskInCodeTest : public testing::Test {
 protected:
  // What the command prints, run as an agent is.
  std::string said_by(const std::string& command, const std::string& task) {
    std::vector<std::string> argv = argv_of_code(command, facts_with(task));
    argv.insert(argv.begin(), {"env", "-C", scratch_.path().string()});
    const auto result = support::run({.argv = argv, .environment = {{"YARDMASTER_TASK", task}}});
    return result.output;
  }
  void expect_data(const std::string& command) {
    for (const std::string& task : nasty_tasks()) {
      EXPECT_EQ(said_by(command, task), "<" + task + ">") << command;
      EXPECT_FALSE(std::filesystem::exists(scratch_ / "ran")) << command << ": " << task;
    }
  }

  support::TemporaryDirectory scratch_;
};

TEST_F(TaskInCodeTest, a_shell_within_the_command_gets_the_task_as_it_is) {
  for (const char* command :
       {"sh -c 'printf \"<%s>\" {task}'", "sh -c 'printf \"<%s>\" \"{task}\"'",
        "sh -c \"printf '<%s>' '{task}'\"", "sh -c 'printf \"%s\" \"<{task}>\"'",
        "sh -c \"printf %s '<{task}>'\"", "bash -ec 'printf \"<%s>\" {task}'",
        "env A=b bash -o pipefail -c 'printf \"<%s>\" {task}'",
        "nice sh -c 'cd .; if true; then printf \"<%s>\" {task} | cat; fi'",
        "sh -c '# it is\nprintf \"<%s>\" {task}'", "sh -c 'printf \"<%s>\" \"$1\"' agent {task}"}) {
    expect_data(command);
  }
}

TEST_F(TaskInCodeTest, a_task_of_its_own_word_is_one_argument) {
  expect_data("printf '<%s>' {task}");
}

TEST_F(TaskInCodeTest, paths_are_quoted_in_a_script) {
  const std::string worktree = facts_with("").worktree.string();
  EXPECT_EQ(said_by("sh -c 'printf %s {worktree}'", "x"), worktree);
  EXPECT_EQ(said_by("sh -c 'printf %s \"{worktree}\"'", "x"), worktree);
}

TEST_F(TaskInCodeTest, without_a_task_nothing_stands_in_its_place) {
  EXPECT_EQ(said_by("sh -c 'printf \"<%s>\" a {task}'", ""), "<a>");
}

TEST_F(TaskInCodeTest, what_would_execute_it_is_refused) {
  for (const char* command :
       {"sh -c {task}", "sh -c '{task}'", "sh -c 'true; {task}'", "bash -lc 'exec agent; {task} x'",
        "sh -c 'eval agent {task}'", "sh -c 'bash -c \"agent {task}\"'",
        "sh -c \"ssh host {task}\"", "sh -c 'echo {task} | sh'", "ssh host agent {task}",
        "su bob -c 'agent {task}'", "script -qc 'agent {task}' /dev/null",
        "python3 -c 'print(\"{task}\")'", "perl -e 'print q({task})'",
        "node --eval 'x(\"{task}\")'", "env -S 'agent {task}'", "env '--split-string=agent {task}'",
        "/usr/bin/watch agent {task}", "fish --command='agent {task}'"}) {
    SCOPED_TRACE(command);
    try {
      argv_of_code(command, facts_with("x"));
      ADD_FAILURE() << "it was not refused";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_request);
      EXPECT_THAT(error.what(), HasSubstr("YARDMASTER_TASK"));
    }
  }
}

TEST_F(TaskInCodeTest, what_only_looks_like_it_is_not) {
  for (const char* command :
       {"codex 'Read it first. {task}'", "agent -c {task}", "bash run.sh {task}",
        "env -i agent --do={task}", "python3 agent.py {task}"}) {
    EXPECT_EQ(argv_of_code(command, facts_with("$(x)")).back().find("YARDMASTER"),
              std::string::npos)
        << command;
  }
}

TEST_F(TaskInCodeTest, a_task_that_fits_in_no_variable_is_refused_where_one_is_needed) {
  const std::string longest(max_argument_bytes - 16, 'x');
  EXPECT_NO_THROW(argv_of_code("sh -c 'a {task}'", facts_with(longest)));
  EXPECT_THROW(argv_of_code("sh -c 'a {task}'", facts_with(longest + "x")), Error);
}

}  // namespace
}  // namespace yardmaster
