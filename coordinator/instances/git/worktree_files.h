// These functions read what git keeps of a worktree in files, without a process;
// gitrepository-layout(5) documents the layout. Blocking: for a worker. They throw Error when the
// disk fails or does not let us look; missing or damaged files are an answer.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yardmaster {

// Files of ours in a worktree's administrative directory.
inline constexpr const char* unfinished_file = "yardmaster-unfinished";  // its checkout goes on
inline constexpr const char* exclude_file = "yardmaster-exclude";        // for core.excludesFile
inline constexpr const char* index_copy_file = "yardmaster-index";       // for a rescue commit

struct WorktreeFacts {
  std::filesystem::path path;  // with its parent's links resolved, as git has it
  bool exists = false;         // something is at the path
  bool has_files = false;      // anything but a file .git, or it cannot be read
  bool intact = false;         // .git and `admin` point at each other
  bool has_index = false;
  bool has_exclude = false;       // there is an exclude file of ours
  bool unfinished = false;        // our checkout of it was cut short, so no agent ever saw it
  std::filesystem::path admin;    // <common>/worktrees/<id>, "": none is registered for this path
  std::string branch;             // checked out; "": none
  std::vector<std::string> tips;  // commits that only this worktree may hold: a detached HEAD,
                                  // and what rebase or merge put aside
  std::vector<std::filesystem::path> submodules;  // their git directories, below `admin`
  // Administrative directories of this worktree's name that git was killed over before it wrote
  // which worktree they belong to.
  std::vector<std::filesystem::path> fragments;
};

struct BranchFacts {
  bool certain = false;  // false: git has to be asked (packed, or not there)
  std::string commit;
  bool made_by_us = false;
  bool used_elsewhere = false;  // another worktree has it checked out
  bool configured = false;      // the repository's configuration has a section on it
};

// The directory that the worktrees of a repository share; nullopt when there is no repository.
std::optional<std::filesystem::path> find_common_directory(const std::filesystem::path& repository);
// Without a repository this only says whether something is there.
WorktreeFacts read_directory(const std::filesystem::path& path);
WorktreeFacts read_worktree(const std::filesystem::path& common, const std::filesystem::path& path);
// `admin` is that of the worktree whose use of the branch does not count.
BranchFacts read_branch(const std::filesystem::path& common, const std::filesystem::path& admin,
                        const std::string& branch);
struct Registration {
  std::filesystem::path worktree;  // path of the worktree, also when it is missing
  bool by_a_yard = false;          // this one, or another that works on the same repository
};
std::vector<Registration> registered_worktrees(const std::filesystem::path& common);
// Those that lie below a directory.
std::vector<std::filesystem::path> registered_within(const std::filesystem::path& common,
                                                     const std::filesystem::path& directory);
// Returns whether the instance of this worktree's name in this repository belongs to another yard.
bool is_of_another_yard(const std::filesystem::path& common, const std::filesystem::path& path);
// The names of all branches below `folder` ("instance") that are marked as made by us, without it.
// None where refs are not kept as files.
std::vector<std::string> marked_branches(const std::filesystem::path& common,
                                         const std::string& folder);
// Returns the path that the file .git of a worktree holds; "" when there is no such file.
std::filesystem::path read_git_link(const std::filesystem::path& worktree);
// Returns the ref that marks a branch as made by us: it lies beside the branch, and is made and
// deleted with it.
std::string branch_marker(const std::string& branch);

// Path with its parent's links resolved.
std::filesystem::path resolved(const std::filesystem::path& path);
// Returns whether `path` is `directory` or lies within it.
bool is_within(const std::filesystem::path& path, const std::filesystem::path& directory);
// Removes an administrative directory; what says whose it is goes last.
void remove_admin_directory(const std::filesystem::path& admin);
// Removes one of WorktreeFacts::fragments in the same way, unless git has meanwhile written whose
// it is.
void remove_fragment(const std::filesystem::path& fragment);
// Whole files; reading gives "" when there is none.
std::string read_small_file(const std::filesystem::path& file);
void write_small_file(const std::filesystem::path& file, std::string_view text);

}  // namespace yardmaster
