// An agent command is the words with which an agent is started, filled in. No shell is involved.
// Any thread; require_program() looks at the file system, briefly.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/instances/roles/agent_kind.h"

namespace yardmaster {

// Linux gives a program no longer argument than this (MAX_ARG_STRLEN without its zero).
inline constexpr std::size_t max_argument_bytes = 131071;

struct AgentFacts {
  std::string instance;
  std::string task;
  std::string session_id;  // a UUID, which Claude Code takes only once
  std::filesystem::path prompt_file;
  std::filesystem::path worktree;
  bool skip_permissions = false;
};

// Splits the command (split_command()) and fills in {task}, {prompt_file}, {session_id}, {instance}
// and {worktree}. A word that is just {task} vanishes when there is no task.
//
// A task is data wherever it stands: in a shell's script (sh -c '…') a reference to the variable
// YARDMASTER_TASK stands in its place, the other values are quoted. Where another interpreter would
// read it as code (python -c, ssh, su -c, a shell within the script), the command is refused.
//
// What the kind of agent needs is added: its options and `added` where the command has the word
// {options}, else behind its program, and how it begins at the end, each unless the command says
// how (AgentOption). There, {begin} is a sentence that has the agent read its prompt, and the task.
//
// Throws invalid_request when the command cannot be split or is empty, or when an argument is
// longer than max_argument_bytes or has a NUL byte.
std::vector<std::string> agent_argv(const AgentKind& kind, const std::string& command,
                                    const AgentFacts& facts,
                                    const std::vector<std::string>& added = {});

// Whether a task of that length can be a variable, as YARDMASTER_TASK is.
bool fits_environment(const std::string& task);

// The program that execvp would run with this PATH. A relative name with a '/' is one in the
// worktree, and returned as it is. Throws not_found, in a line for the user.
std::filesystem::path require_program(const std::string& name, std::string_view path);

}  // namespace yardmaster
