// Keeps files of ours out of a worktree's status, without a change to what the repository's other
// worktrees see: the worktree gets a core.excludesFile of its own, which holds the user's excludes
// and our patterns.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace yardmaster {

// The settings of `git config --null --list` that matter here.
struct RepositoryConfig {
  bool bare = false;
  bool has_work_tree = false;      // core.worktree is set
  bool per_worktree = false;       // extensions.worktreeConfig
  bool allowed_by_us = false;      // that was our doing
  std::filesystem::path excludes;  // the user's core.excludesFile, or its default

  // Where core.bare or core.worktree is set for all worktrees, git asks that both be moved before
  // worktrees get configurations of their own; that is not ours to do.
  bool may_be_per_worktree() const { return !bare && !has_work_tree; }
};

// A setting beside extensions.worktreeConfig that says who made that.
inline constexpr std::string_view allowed_by_us = "yardmaster.worktreeconfig";

RepositoryConfig parse_config(std::string_view list);

// Blocking. Writes the exclude file into the worktree's administrative directory and, when
// `configure`, names it in the worktree's own configuration.
void write_exclude(const std::filesystem::path& admin, const std::vector<std::string>& patterns,
                   const std::filesystem::path& users_excludes, bool configure);

// Blocking. Where worktrees cannot have configurations of their own, these files are excluded in
// all of the repository, in a block of its own of info/exclude; and the reverse. Throw Error.
void exclude_in_all_worktrees(const std::filesystem::path& common,
                              const std::vector<std::string>& patterns);
void take_back_exclude(const std::filesystem::path& common);
// Blocking. Whether a worktree, also the main one, has a configuration of its own.
bool has_own_configurations(const std::filesystem::path& common);

// The option that makes a call of ours use it, whatever the worktree's configuration says.
std::string exclude_option(const std::filesystem::path& admin);

}  // namespace yardmaster
