// Removes worktrees, whatever state they are in, after what would be lost with them has been
// saved. Broker thread; coroutines that throw Error. Each step may be cut short by a crash and
// done again.
//
// Worktrees are never pruned: that would drop the user's on disks that are not mounted. The user's
// working tree, stash and branches stay as they are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "coordinator/instances/git/repository_context.h"
#include "coordinator/instances/git/rescue.h"
#include "coordinator/instances/git/worktree_files.h"

namespace yardmaster {

struct RemovedWorktree {
  std::vector<std::string> rescue_refs;
  std::filesystem::path kept_directory;  // "": a commit could hold everything
};

class WorktreeRemover {
 public:
  WorktreeRemover(RepositoryContext& context, Rescuer& rescuer)
      : context_(context), rescuer_(rescuer) {}

  // `branch` goes too when it was made by us and is checked out nowhere else. Two may do it at
  // once; does nothing when an addition of that name came between.
  boost::asio::awaitable<RemovedWorktree> remove(std::filesystem::path path, std::string branch,
                                                 std::string instance);
  // Returns whether the branch carries this yard's mark. It does from before the worktree is made
  // until after the worktree is gone.
  boost::asio::awaitable<bool> is_ours(std::filesystem::path path, std::string branch);
  // Saves nothing: for a worktree that no agent has been in. The branch stays.
  boost::asio::awaitable<void> discard(std::filesystem::path common, std::filesystem::path path);

 private:
  // The facts that are known of a worktree during its removal.
  struct Removal {
    std::filesystem::path common;
    WorktreeFacts facts;
    RescueSubject subject;
    std::string keep_because;       // the directory must be kept; "": it need not
    std::vector<std::string> tips;  // commits to save unless refs hold them
    bool may_lose_commits = false;
    std::vector<std::filesystem::path> repositories;  // within it, relative to it
    std::vector<Removal> worktrees;  // linked ones of the same repository, within it
    RemovedWorktree removed;
  };

  boost::asio::awaitable<WorktreeFacts> read(std::filesystem::path common,
                                             std::filesystem::path path);
  boost::asio::awaitable<void> remove_without_repository(Removal& removal,
                                                         std::filesystem::path path);
  boost::asio::awaitable<void> inspect(Removal& removal);
  boost::asio::awaitable<void> inspect_contents(Removal& removal);
  boost::asio::awaitable<void> find_repositories(Removal& removal);
  boost::asio::awaitable<void> inspect_worktrees_within(Removal& removal);
  // In the queue.
  boost::asio::awaitable<void> take_back_worktrees_within(Removal& removal);
  boost::asio::awaitable<void> commit(Removal& removal, WorktreeChanges changes);
  boost::asio::awaitable<void> move_away(Removal& removal);
  boost::asio::awaitable<void> keep(Removal& removal);
  boost::asio::awaitable<void> detach(Removal& removal);
  boost::asio::awaitable<void> move_submodules(Removal& removal, std::filesystem::path target);
  boost::asio::awaitable<void> unregister(Removal& removal);
  boost::asio::awaitable<void> drop_branch(Removal& removal);
  // Finds the branch that goes with the worktree: `made_by_us` is false for a branch of another
  // yard.
  boost::asio::awaitable<BranchFacts> find_branch(Removal& removal);
  boost::asio::awaitable<BranchFacts> ask_for_branch(Removal& removal, BranchFacts facts);

  RepositoryContext& context_;
  Rescuer& rescuer_;
};

}  // namespace yardmaster
