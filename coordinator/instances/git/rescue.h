// Saves the work in a worktree that no other ref would hold after its removal, and lists what was
// saved. Broker thread; coroutines that throw Error.
//
// Uncommitted work becomes a commit on top of HEAD, made through a copy of the index; content that
// was staged and then changed again gets a commit of its own below it. Commits that are only in
// the worktree or on its branch get a ref under refs/yardmaster/rescue/<instance>/.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/instances/git/repository_context.h"
#include "coordinator/instances/git/worktree_changes.h"
#include "coordinator/instances/git/worktree_files.h"

namespace yardmaster {

struct Rescue {
  std::string repo_name;  // filled in by the caller, who knows it
  std::string instance;
  std::string ref;  // refs/yardmaster/rescue/<instance>/20261121T091500Z, "": a directory was kept
  std::string commit;
  std::filesystem::path kept_directory;  // "": a ref holds all of it
  WallTime time{};
  std::string summary;  // first line of the commit's message, or why the directory was kept
};

// The instance and the work whose rescue this is, for names and messages.
struct RescueSubject {
  std::string instance;
  std::string branch;  // refs/heads/<branch> goes with the worktree; "": none does
};

// The findings say what there is to save.
struct Findings {
  WorktreeChanges changes;
  bool unread = false;    // git could not look at all of it
  bool unpushed = false;  // commits that no ref holds but those of our own worktrees
};

class Rescuer {
 public:
  explicit Rescuer(RepositoryContext& context) : context_(context) {}

  // Looks without locks or changes. `facts` must be of an intact worktree with an index.
  boost::asio::awaitable<Findings> inspect(WorktreeFacts facts);
  // Returns whether commits of the worktree or of the branch would be lost with them. With
  // `strictly` a commit counts as safe on branches of other instances too; without, it does not,
  // since they may be removed at the same time.
  boost::asio::awaitable<bool> has_unpushed(std::filesystem::path common,
                                            std::vector<std::string> tips, std::string branch,
                                            bool strictly);
  // Commits of submodules that are in no remote's branch.
  boost::asio::awaitable<bool> has_unpushed_submodules(WorktreeFacts facts);
  // The commit, which no ref holds yet, "" when there is nothing to put in one; `complete` turns
  // false when git warns that files in the commit are not what they are on the disk.
  boost::asio::awaitable<std::string> commit_changes(WorktreeFacts facts, WorktreeChanges changes,
                                                     RescueSubject subject, bool& complete);
  // Gives refs to those of the commits, and to the branch's, that no other ref holds. The refs,
  // also those that an earlier attempt made of the same. To be called in the queue, in one turn
  // with the removal, so that of two worktrees with the same commit the last one saves it.
  boost::asio::awaitable<std::vector<std::string>> save(std::filesystem::path common,
                                                        std::vector<std::string> tips,
                                                        RescueSubject subject);

  // Refs and kept directories, oldest first; `common` is empty when the repository is gone. Every
  // repository lists the kept directories of which nobody knows whose they are.
  boost::asio::awaitable<std::vector<Rescue>> list(std::filesystem::path common);
  // Resolves a rescue's ref; throws invalid_request when it is no such ref, not_found.
  boost::asio::awaitable<std::string> find(std::filesystem::path common, std::string ref);

 private:
  // False when git warns about some of them.
  boost::asio::awaitable<bool> add_everything(WorktreeFacts facts, WorktreeChanges changes);
  // These work on the copy of the index.
  boost::asio::awaitable<std::string> commit_index(WorktreeFacts facts, std::string parent,
                                                   std::string date, std::string message);
  boost::asio::awaitable<bool> index_differs(WorktreeFacts facts);
  boost::asio::awaitable<std::string> make_ref(std::filesystem::path common, std::string commit,
                                               std::string instance);
  boost::asio::awaitable<std::string> find_ref(std::filesystem::path common, std::string tip,
                                               std::string instance);
  boost::asio::awaitable<std::vector<Rescue>> list_refs(std::filesystem::path common);

  RepositoryContext& context_;
};

}  // namespace yardmaster
