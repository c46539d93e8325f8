// All git work on the worktrees of one repository. What changes something that they share goes one
// after the other, checkouts and inspections side by side. Broker thread; the calls are coroutines
// that throw Error, and must end before the object does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/instances/git/repository_context.h"
#include "coordinator/instances/git/rescue.h"
#include "coordinator/instances/git/semaphore.h"
#include "coordinator/instances/git/trash.h"
#include "coordinator/instances/git/worktree_adder.h"
#include "coordinator/instances/git/worktree_remover.h"
#include "coordinator/instances/processes/process_runner.h"

namespace yardmaster {

struct WorktreeState {
  bool exists = false;
  bool uncommitted = false;  // or there is something that git cannot tell about
  bool unpushed = false;     // commits that no other ref holds
  std::uint64_t bytes = 0;   // on the disk
};

// Whose things are not to be touched.
struct LivingInstances {
  std::vector<std::filesystem::path> worktrees;
  // When the first of those that work in this repository began; nullopt: none does.
  std::optional<WallTime> since = {};
};

class Worktrees {
 public:
  // `repository` is RepositoryFacts::path. Removed worktrees go to `trash`, which is on their file
  // system and which empty_trash() empties; what no commit could hold goes to `kept_files`.
  Worktrees(boost::asio::io_context& io, FileWorkers& workers, ProcessRunner& runner,
            std::filesystem::path repository, std::filesystem::path trash,
            std::filesystem::path kept_files, CheckoutSlots& slots);

  // Returns the commit. Throws not_found (no such ref, no repository), already_exists (path or
  // branch), invalid_request (a branch of that name cannot be), storage_full, … and leaves nothing
  // behind then, or says what.
  boost::asio::awaitable<std::string> add(WorktreeRequest request);
  boost::asio::awaitable<WorktreeState> inspect(std::filesystem::path path, std::string branch);
  // Removes a worktree, also one that was added half or is gone already. First saves what is
  // uncommitted (untracked files too, ignored ones not) or unpushed; a directory with repositories
  // or linked worktrees in it, ignored or not, is kept whole. Deletes the branch when add() made it
  // and no other worktree has it checked out.
  // `token`: what programs that git starts meanwhile carry in their environment; empty: nothing.
  boost::asio::awaitable<RemovedWorktree> remove(std::filesystem::path path, std::string branch,
                                                 std::string instance, std::string token = {});
  // The same for what an add() that failed or was interrupted may have made: nothing happens unless
  // the branch carries the mark of one, since what is there is somebody else's then.
  boost::asio::awaitable<RemovedWorktree> remove_begun(std::filesystem::path path,
                                                       std::string branch, std::string instance);
  // Directories directly below `directory`, registered worktrees there, and where those would be
  // whose branches add() made, that are not the living ones'. What add() did not make and what came
  // to be while one of them lived counts as theirs.
  boost::asio::awaitable<std::vector<std::filesystem::path>> find_orphans(
      std::filesystem::path directory, LivingInstances living);

  // Asks the origin for its latest; one call serves all that came before it began. Returns why it
  // could not be; empty when it was.
  boost::asio::awaitable<std::string> fetch(std::chrono::nanoseconds timeout);
  // Takes back what was set in the repository for its worktrees, unless a yard still has some.
  boost::asio::awaitable<void> take_back_settings();

  // Oldest first.
  boost::asio::awaitable<std::vector<Rescue>> rescues();
  // Makes a branch of a rescue. Throws not_found, invalid_request (no rescue's ref, no branch's
  // name), already_exists.
  boost::asio::awaitable<void> restore(std::string ref, std::string branch);
  // Also makes a worktree of that branch, which is the user's from then on.
  boost::asio::awaitable<void> restore_into(std::string ref, std::string branch,
                                            std::filesystem::path path);

 private:
  RepositoryContext context_;
  Rescuer rescuer_;
  WorktreeRemover remover_;
  WorktreeAdder adder_;
  Semaphore fetches_;
  SteadyTime fetched_{};  // when the latest fetch began
  std::string fetch_failure_;
};

}  // namespace yardmaster
