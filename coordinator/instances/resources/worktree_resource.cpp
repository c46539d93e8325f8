#include "coordinator/instances/resources/worktree_resource.h"

#include <filesystem>
#include <functional>
#include <utility>

#include "coordinator/base/own_refs.h"
#include "coordinator/instances/processes/instance_token.h"
#include "coordinator/instances/processes/process_tree.h"

namespace yardmaster {
namespace {

constexpr auto helpers_grace = std::chrono::seconds(1);

// Blocking.
Adoption look_for(const std::filesystem::path& worktree) {
  std::error_code failure;
  const auto found = std::filesystem::symlink_status(worktree, failure);
  if (found.type() == std::filesystem::file_type::not_found) return Adoption::lost;
  return failure ? Adoption::unknown : Adoption::held;
}

}  // namespace

void WorktreeResource::plan(const InstanceRequest& request, Instance& instance) {
  if (!is_launched(request)) return;
  const Repository& repository = repositories_.require_ready(request.repo);
  instance.repo_path = repository.path;
  instance.base_branch = repository.base_branch;
  instance.base_commit = request.start_ref.empty() ? repository.base_branch : request.start_ref;
  instance.branch = instance_branch(request.name);
  instance.worktree_path = paths_.worktree(request.repo, request.name).string();
  instance.owned |= owns_worktree;
}

boost::asio::awaitable<void> WorktreeResource::acquire(Instance& instance) {
  if ((instance.owned & owns_worktree) == 0) co_return;
  WorktreeRequest request;
  request.path = instance.worktree_path;
  request.branch = instance.branch;
  request.start = instance.base_commit;
  const bool has_servers = !roles_.find(instance.role).mcp_servers.empty();
  const AgentKind& kind = roles_.kind_of(instance.role, instance.agent_command);
  request.own_files = own_file_patterns(kind.configuration, parts_, has_servers);
  request.token = instance_token(paths_.token_prefix, instance.id);
  request.on_note = [&instance](const std::string& note) { instance.notes.push_back(note); };
  co_await fetch(instance, request);
  Worktrees& worktrees = repositories_.worktrees(instance.repo_path);
  instance.base_commit = co_await worktrees.add(std::move(request));
  const auto note = [&](Store& store) {
    store.set_instance_commit(instance.name, instance.base_commit);
  };
  co_await store_.run(Durability::process, note);
}

// Nobody works in a clone of ours, so its branches stay where they were on the first day; those of
// its origin do not.
boost::asio::awaitable<void> WorktreeResource::fetch(Instance& instance, WorktreeRequest& request) {
  if (!repositories_.find(instance.repo).owned) co_return;
  request.first_start = "refs/remotes/origin/" + request.start;
  std::string failure;
  try {
    failure = co_await repositories_.fetch(instance.repo, fetch_timeout_);
  } catch (const Error& error) {
    failure = error.what();
  }
  if (failure.empty()) co_return;
  instance.notes.push_back(
      "the clone's origin could not be asked for its latest, so it begins at "
      "what was fetched before: " +
      failure);
}

// What git started to clean files or to fill them in, and left.
boost::asio::awaitable<void> WorktreeResource::end_helpers(std::string token, bool force) {
  ProcessTreeQuery query;
  query.token = std::move(token);
  query.spared = spared_();
  co_await end_process_tree(io_, workers_, query, helpers_grace, force);
}

boost::asio::awaitable<Adoption> WorktreeResource::adopt(Instance& instance) {
  if ((instance.owned & owns_worktree) == 0) co_return Adoption::held;
  std::function<Adoption()> look = [path = instance.worktree_path] { return look_for(path); };
  co_return co_await files_.run(std::move(look), instance.worktree_path);
}

Adoption WorktreeResource::probe(const Instance& instance) const {
  if ((instance.owned & owns_worktree) == 0) return Adoption::held;
  return look_for(instance.worktree_path);
}

boost::asio::awaitable<void> WorktreeResource::release(Instance& instance, const Ending& ending) {
  if ((instance.owned & owns_worktree) == 0) co_return;
  Worktrees& worktrees = repositories_.worktrees(instance.repo_path);
  RemovedWorktree removed;
  if (ending.undone) {
    removed =
        co_await worktrees.remove_begun(instance.worktree_path, instance.branch, instance.name);
  } else {
    const std::string token = instance_token(paths_.token_prefix, instance.id);
    removed =
        co_await worktrees.remove(instance.worktree_path, instance.branch, instance.name, token);
  }
  for (std::string& ref : removed.rescue_refs) instance.rescue.push_back(std::move(ref));
  repositories_.empty_trash_soon();
  const bool has_token = !paths_.token_prefix.empty() && instance.id != 0;
  if (has_token)
    co_await end_helpers(instance_token(paths_.token_prefix, instance.id), ending.force);
  if (!removed.kept_directory.empty()) instance.rescue.push_back(removed.kept_directory.string());
}

}  // namespace yardmaster
