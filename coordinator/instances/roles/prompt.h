// A prompt is what an agent is told before it begins. assemble_prompt() is for any thread;
// read_repository_part() blocks, so it is for a worker.
#pragma once

#include <filesystem>
#include <string>

#include "coordinator/instances/roles/roles.h"

namespace yardmaster {

// Empty parts are left out of the prompt.
struct PromptFacts {
  std::string instance;
  std::string repo;
  std::string branch;
  std::string base_branch;
  std::filesystem::path worktree;
  std::filesystem::path socket;
  std::string task;
  std::string repository_part;  // read_repository_part()
  std::string cli_reference;    // Markdown
};

// Markdown: the role's prompt, what holds for every role (prompts/yard.md), the repository's part,
// the facts, the task and the CLI reference. Valid UTF-8 without NUL bytes, whatever comes in.
std::string assemble_prompt(const Role& role, const PromptFacts& facts);

// .yardmaster/<role>.md in a worktree or repository; empty when there is none. Throws
// invalid_request when it is no regular file, points out of the directory, or is too large.
std::string read_repository_part(const std::filesystem::path& directory, const std::string& role);

}  // namespace yardmaster
