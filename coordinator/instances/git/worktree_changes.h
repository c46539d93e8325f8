// The part of `git status` that decides what of a worktree must be saved. Values and a pure parser;
// any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yardmaster {

struct WorktreeChanges {
  std::string head;          // the commit that is checked out; "": none yet
  bool uncommitted = false;  // anything that no commit holds
  // A file was staged and then changed or deleted: its staged content is in no file.
  bool staged_apart = false;
  bool unmerged = false;
  bool dirty_submodules = false;
  std::vector<std::string> nested;  // repositories in untracked directories; paths end in '/'

  // A commit can hold all of it.
  bool fit_in_commit() const { return nested.empty() && !dirty_submodules; }
};

// Parses the output of `status --porcelain=v2 --branch -z --untracked-files=all --no-renames`.
WorktreeChanges parse_status(std::string_view status);

}  // namespace yardmaster
