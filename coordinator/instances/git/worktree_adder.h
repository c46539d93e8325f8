// Makes worktrees: the branch and the registration in the repository's queue, the checkout beside
// others. What fails leaves nothing behind, or says what: that can be found by its mark (see
// Worktrees::find_orphans). Broker thread; coroutines that throw Error.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "coordinator/instances/git/own_files.h"
#include "coordinator/instances/git/repository_context.h"
#include "coordinator/instances/git/worktree_remover.h"

namespace yardmaster {

struct WorktreeRequest {
  std::filesystem::path path;  // absolute; nothing may be there
  std::string branch;          // "instance/<name>"; it is made and must not be there
  std::string start;           // any ref or commit
  // Kept out of its status, as in .gitignore: "/.mcp.json"
  std::vector<std::string> own_files = {};
  // Where `start` is looked for first, such as among the branches of a clone's origin; may be
  // empty.
  std::string first_start = {};
  // What programs that git starts for it carry in their environment; empty: nothing.
  std::string token = {};
  // Told what is amiss and keeps nobody from working; may be empty.
  std::function<void(const std::string& note)> on_note = {};
};

struct NewBranch {
  std::string name;
  std::string commit;
  bool ours = false;  // it goes with the worktree
};

class WorktreeAdder {
 public:
  WorktreeAdder(RepositoryContext& context, WorktreeRemover& remover)
      : context_(context), remover_(remover) {}

  // Returns the commit. See NewBranch for `ours`.
  boost::asio::awaitable<std::string> add(WorktreeRequest request, bool ours);
  // Makes only the branch; must be called in the queue.
  boost::asio::awaitable<void> make_branch(std::filesystem::path common, NewBranch branch);
  // Takes back what was set in the repository's configuration for worktrees of ours. Must be called
  // in the queue, when there are none.
  boost::asio::awaitable<void> forbid_own_configuration(std::filesystem::path common);

 private:
  boost::asio::awaitable<std::string> resolve(std::filesystem::path common,
                                              WorktreeRequest request);
  boost::asio::awaitable<std::string> find_commit(std::filesystem::path common, std::string start);
  boost::asio::awaitable<void> set_up(std::filesystem::path common, WorktreeRequest request,
                                      RepositoryConfig config);
  boost::asio::awaitable<void> init_submodules(WorktreeRequest request);
  boost::asio::awaitable<RepositoryConfig> read_config(std::filesystem::path common);
  boost::asio::awaitable<void> allow_own_configuration(std::filesystem::path common);
  boost::asio::awaitable<void> configure(std::filesystem::path common,
                                         std::vector<std::string> arguments, std::string what);
  // Makes branch and registration, or neither; must be called in the queue.
  boost::asio::awaitable<void> make(std::filesystem::path common, WorktreeRequest request,
                                    NewBranch branch, RepositoryConfig config);
  // Removes what was made. Returns why something of it is still there; "" when nothing is. Must be
  // called in the queue.
  boost::asio::awaitable<std::string> undo(std::filesystem::path common, NewBranch branch);
  // Removes the rest out of the queue, after git was ended in the middle and may have made
  // anything. Returns the same.
  boost::asio::awaitable<std::string> remove_rest(WorktreeRequest request);
  boost::asio::awaitable<void> attach(std::filesystem::path common, WorktreeRequest request);
  boost::asio::awaitable<void> fill(WorktreeRequest request, RepositoryConfig config);

  RepositoryContext& context_;
  WorktreeRemover& remover_;
};

}  // namespace yardmaster
