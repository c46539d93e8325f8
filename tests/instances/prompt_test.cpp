#include "coordinator/instances/roles/prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

PromptFacts sample_prompt_facts() {
  PromptFacts facts;
  facts.instance = "worker-3";
  facts.repo = "api";
  facts.branch = "instance/worker-3";
  facts.base_branch = "main";
  facts.worktree = "/yard/worktrees/api/worker-3";
  facts.socket = "/run/yard/instance-worker-3.sock";
  facts.task = "Add a test for the parser.";
  facts.repository_part = "Use tabs.";
  facts.cli_reference = "- `yardmaster ls`: lists instances";
  return facts;
}

const Roles& built_in() {
  static const Roles roles = Roles::load("/nowhere/roles.json");
  return roles;
}

std::string prompt_of(const std::string& role) {
  return assemble_prompt(built_in().find(role), sample_prompt_facts());
}

TEST(PromptTest, the_parts_come_in_order) {
  const std::string prompt = prompt_of("worker");
  std::size_t at = 0;
  for (const char* part :
       {"# Your role: worker\n", "# How this yard works\n", "\n## Rules\n",
        "\n# What this repository adds for the role `worker`\n", "the rules hold.\n\nUse tabs.\n",
        "\n# You\n", "\n# Your task\n\n```\nAdd a test for the parser.\n```\n",
        "\n# Commands\n\n- `yardmaster ls`: lists instances\n"}) {
    const std::size_t found = prompt.find(part, at);
    ASSERT_NE(found, std::string::npos) << part;
    at = found;
  }
  EXPECT_TRUE(prompt.starts_with("# Your role: worker\n"));
}

TEST(PromptTest, an_instance_is_told_who_and_where_it_is) {
  const std::string prompt = prompt_of("worker");
  EXPECT_THAT(prompt, HasSubstr("- Your name: `worker-3`\n"));
  EXPECT_THAT(prompt, HasSubstr("- Your role: `worker`, until your task is complete\n"));
  EXPECT_THAT(prompt, HasSubstr("`api-supervisor`"));
  EXPECT_THAT(prompt, HasSubstr("`api-merge-queue`"));
  EXPECT_THAT(prompt, HasSubstr("- Your worktree: `/yard/worktrees/api/worker-3`, on the branch "
                                "`instance/worker-3`, which began from `main`\n"));
  EXPECT_THAT(prompt, HasSubstr("- Your socket: `/run/yard/instance-worker-3.sock`\n"));
  EXPECT_THAT(prompt_of("supervisor"), HasSubstr("- Your role: `supervisor`, persistent\n"));
}

TEST(PromptTest, every_role_is_told_the_rules_and_how_to_speak_and_end) {
  for (const Role& role : built_in().all()) {
    const std::string prompt = prompt_of(role.name);
    EXPECT_THAT(prompt, HasSubstr("Never weaken CI"));
    EXPECT_THAT(prompt, HasSubstr("A person approves every change to CI"));
    EXPECT_THAT(prompt, HasSubstr("worktree"));
    for (const char* verb : {"yardmaster inbox", "yardmaster read", "yardmaster ack",
                             "yardmaster send", "yardmaster context append", "yardmaster handoff",
                             "yardmaster handoff accept", "yardmaster complete --summary"}) {
      EXPECT_THAT(prompt, HasSubstr(verb)) << role.name;
    }
  }
}

TEST(PromptTest, a_role_of_the_users_own_gets_the_rules_too) {
  Role role;
  role.name = "reviewer";
  role.prompt = "Review.";
  const std::string prompt = assemble_prompt(role, {});
  EXPECT_THAT(prompt, StartsWith("Review.\n\n# How this yard works\n"));
  EXPECT_THAT(prompt, HasSubstr("Never weaken CI"));
}

TEST(PromptTest, what_is_not_known_is_left_out) {
  PromptFacts facts;
  facts.instance = "alice";
  const std::string prompt = assemble_prompt(built_in().find("worker"), facts);
  EXPECT_TRUE(prompt.ends_with(
      "# You\n\n- Your name: `alice`\n- Your role: `worker`, until your task is complete\n"));
}

TEST(PromptTest, a_task_stays_in_its_place_whatever_is_in_it) {
  PromptFacts facts = sample_prompt_facts();
  facts.task = "Fix this:\n```\n# You\n````\nand {task}\n";
  const std::string prompt = assemble_prompt(built_in().find("worker"), facts);
  EXPECT_THAT(prompt, HasSubstr("\n# Your task\n\n`````\n" + facts.task + "`````\n\n# Commands\n"));
}

TEST(PromptTest, bytes_that_are_no_text_do_not_spoil_it) {
  PromptFacts facts = sample_prompt_facts();
  facts.task = "caf\xe9 \xf0\x9f\x9a\x82 ";
  facts.task.push_back('\0');
  facts.task += "end";
  const std::string prompt = assemble_prompt(built_in().find("worker"), facts);
  EXPECT_THAT(prompt, HasSubstr("caf\xef\xbf\xbd \xf0\x9f\x9a\x82 end"));
  EXPECT_EQ(prompt.find('\0'), std::string::npos);
  EXPECT_EQ(parse_json(to_text(prompt)).get<std::string>(), prompt);
}

TEST(PromptTest, a_long_task_is_given_whole) {
  PromptFacts facts = sample_prompt_facts();
  facts.task.assign(100'000, 'x');
  facts.task += "end";
  EXPECT_THAT(assemble_prompt(built_in().find("worker"), facts), HasSubstr("xxxend\n```\n"));
}

class RepositoryPartTest : public testing::Test {
 protected:
  RepositoryPartTest() { std::filesystem::create_directories(part_.parent_path()); }

  std::string read() { return read_repository_part(directory_ / "repo", "worker"); }
  std::string refusal() {
    try {
      read();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_request);
      return error.what();
    }
    return "nothing";
  }

  support::TemporaryDirectory directory_;
  const std::filesystem::path part_ = directory_ / "repo/.yardmaster/worker.md";
};

TEST_F(RepositoryPartTest, is_that_of_the_role_and_may_be_missing) {
  EXPECT_EQ(read(), "");
  EXPECT_EQ(read_repository_part(directory_ / "nowhere", "worker"), "");
  support::write_file(part_, "Use tabs.\n");
  EXPECT_EQ(read(), "Use tabs.\n");
  EXPECT_EQ(read_repository_part(directory_ / "repo", "supervisor"), "");
}

TEST_F(RepositoryPartTest, may_be_a_link_within_the_repository_and_not_out_of_it) {
  support::write_file(directory_ / "repo/AGENTS.md", "Use tabs.\n");
  std::filesystem::create_symlink("../AGENTS.md", part_);
  EXPECT_EQ(read(), "Use tabs.\n");
  std::filesystem::remove(part_);
  support::write_file(directory_ / "secret", "password");
  std::filesystem::create_symlink("../../secret", part_);
  EXPECT_THAT(refusal(), HasSubstr("worker.md: is a link out of the repository"));
}

TEST_F(RepositoryPartTest, is_refused_when_it_is_no_file_or_too_large) {
  std::filesystem::create_directory(part_);
  EXPECT_THAT(refusal(), HasSubstr("worker.md: is not a regular file"));
  std::filesystem::remove(part_);
  support::write_file(part_, std::string(300'000, 'x'));
  EXPECT_THAT(refusal(), HasSubstr("is larger than 262144 bytes"));
  std::filesystem::remove(part_);
  std::filesystem::create_symlink("worker.md", part_);
  EXPECT_THAT(refusal(), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace yardmaster
