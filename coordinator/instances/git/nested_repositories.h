// Repositories and linked worktrees that lie within a directory: work that `git status` of what is
// around them does not list when they are ignored, or tracked as a submodule that is none. Broker
// thread; a coroutine that throws Error.
#pragma once

#include <filesystem>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "coordinator/instances/git/git_program.h"
#include "coordinator/instances/processes/file_workers.h"

namespace yardmaster {

struct NestedRepositories {
  std::vector<std::filesystem::path> found;  // directories, relative to the top; bare ones too
  bool unread = false;                       // not all of it could be looked at
};

// Below `top`. A submodule whose repository is in `own` is not one: `own` is the git directory of
// what is at the top.
boost::asio::awaitable<NestedRepositories> find_nested_repositories(GitProgram& git,
                                                                    FileWorkers& workers,
                                                                    std::filesystem::path top,
                                                                    std::filesystem::path own);

// Blocking. After the tree has been moved: linked worktrees in it and the repositories that they
// belong to, wherever those are, point at each other again. What cannot be written stays.
void mend_links(const std::filesystem::path& before, const std::filesystem::path& now,
                const std::vector<std::filesystem::path>& nested);

}  // namespace yardmaster
