// Which names git takes for refs and branches, so that what others wrote is checked before it
// becomes a line for `git update-ref --stdin` or an argument. Pure, any thread.
#pragma once

#include <filesystem>
#include <string_view>

namespace yardmaster {

// The rules of git-check-ref-format(1), for a whole name: "refs/heads/main".
bool is_valid_ref_name(std::string_view name);

// Throws invalid_request unless a branch can be called so: refs/heads/<name> is a valid ref, and no
// command of git takes the name for an option, for HEAD or for a ref's whole name.
void require_branch_name(std::string_view name);

// The place for a new worktree: absolute, without control characters, which git's files cannot
// hold, and not within `forbidden`; lexically normal, without a slash at its end. Throws
// invalid_request.
std::filesystem::path require_worktree_place(const std::filesystem::path& path,
                                             const std::filesystem::path& forbidden);

}  // namespace yardmaster
