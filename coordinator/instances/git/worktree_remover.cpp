#include "coordinator/instances/git/worktree_remover.h"

#include <cstdint>
#include <functional>
#include <sstream>
#include <system_error>

#include "coordinator/instances/git/file_errors.h"
#include "coordinator/instances/git/kept_files.h"
#include "coordinator/instances/git/nested_repositories.h"
#include "coordinator/instances/git/trash.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr const char* lone_submodules = "commits of its submodules are in no remote";

// Such a worktree can hold nothing of an agent's.
bool is_empty(const WorktreeFacts& facts) {
  if (!facts.exists) return true;
  if (facts.unfinished && !facts.has_index) return true;
  const bool readable = facts.intact && facts.has_index;
  return !facts.has_files && !readable;
}

// A repository's own working tree is never an instance's.
void require_instance_worktree(const fs::path& path, const fs::path& common,
                               const fs::path& repository) {
  if (!is_within(common, path) && !is_within(repository, path)) return;
  throw Error(ErrorCode::invalid_request,
              "'" + path.string() + "' holds the repository itself, and is not removed");
}

KeptNote note_of(const RepositoryContext& context, const WorktreeFacts& facts,
                 const RescueSubject& subject, const std::string& why) {
  KeptNote note;
  note.repository = context.repository.string();
  note.instance = subject.instance;
  note.branch = facts.branch.empty() ? subject.branch : facts.branch;
  note.commit = facts.tips.empty() ? "" : facts.tips.front();
  note.why = why;
  note.time =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  return note;
}

// Decides again after the queue was entered: the worktree may have changed since it was inspected.
void reconsider(std::string& keep_because, const WorktreeFacts& before, const WorktreeFacts& now) {
  if (!now.exists && now.submodules.empty()) keep_because.clear();
  if (now.has_files && !before.has_files) keep_because = "files came into it as it was removed";
}

// Blocking. For repositories of submodules whose worktree is gone.
void make_directory(const fs::path& path) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (failure) throw file_error("cannot make '" + path.string() + "'", failure);
}

// Blocking. What an earlier attempt may have copied in part stays.
fs::path free_name(const fs::path& wanted) {
  fs::path name = wanted;
  for (int number = 2; fs::exists(fs::symlink_status(name)); ++number) {
    name = wanted.string() + "-" + std::to_string(number);
  }
  return name;
}

// Blocking. Its link would lead to the next worktree of the same name.
void unlink_git_file(const fs::path& directory, const fs::path& admin) {
  const fs::path link = read_git_link(directory);
  std::error_code ignored;
  if (!link.empty() && resolved(link) == resolved(admin)) fs::remove(directory / ".git", ignored);
}

std::string described(const std::vector<fs::path>& nested) {
  std::string text = "there are repositories in it: " + nested.front().string();
  if (nested.size() > 1) text += " and " + std::to_string(nested.size() - 1) + " more";
  return text;
}

}  // namespace

asio::awaitable<WorktreeFacts> WorktreeRemover::read(fs::path common, fs::path path) {
  std::function<WorktreeFacts()> work = [common, path, repository = context_.repository] {
    require_instance_worktree(path, common, repository);
    return read_worktree(common, path);
  };
  co_return co_await context_.look(path, std::move(work));
}

asio::awaitable<RemovedWorktree> WorktreeRemover::remove(fs::path path, std::string branch,
                                                         std::string instance) {
  Removal removal;
  removal.subject = RescueSubject{std::move(instance), std::move(branch)};
  const std::optional<fs::path> common = co_await context_.find_common();
  if (!common) {
    co_await remove_without_repository(removal, path);
    co_return std::move(removal.removed);
  }
  removal.common = *common;
  const std::string name = path.filename();
  const std::uint64_t additions = context_.additions[name];
  removal.facts = co_await read(removal.common, path);
  co_await inspect(removal);
  co_await inspect_worktrees_within(removal);
  // Two removals take turns here: when two worktrees hold the same commit, one of them must see the
  // other gone.
  const Semaphore::Permit turn = co_await context_.take_turn();
  if (context_.additions[name] != additions) co_return std::move(removal.removed);
  const WorktreeFacts now = co_await read(removal.common, path);
  reconsider(removal.keep_because, removal.facts, now);
  removal.facts = now;
  if (removal.may_lose_commits) {
    removal.removed.rescue_refs =
        co_await rescuer_.save(removal.common, removal.tips, removal.subject);
  }
  co_await take_back_worktrees_within(removal);
  co_await move_away(removal);
  co_await unregister(removal);
  co_await drop_branch(removal);
  co_return std::move(removal.removed);
}

asio::awaitable<void> WorktreeRemover::remove_without_repository(Removal& removal, fs::path path) {
  std::function<WorktreeFacts()> work = [path] { return read_directory(path); };
  removal.facts = co_await context_.look(path, std::move(work));
  if (removal.facts.has_files) removal.keep_because = "its repository is gone";
  co_await move_away(removal);
}

asio::awaitable<bool> WorktreeRemover::is_ours(fs::path path, std::string branch) {
  Removal removal;
  const std::optional<fs::path> common = co_await context_.find_common();
  if (!common) co_return false;
  removal.common = *common;
  removal.facts.path = std::move(path);
  removal.subject.branch = std::move(branch);
  const BranchFacts facts = co_await find_branch(removal);
  co_return facts.made_by_us;
}

asio::awaitable<void> WorktreeRemover::discard(fs::path common, fs::path path) {
  Removal removal;
  removal.common = common;
  removal.subject.instance = path.filename().string();
  const Semaphore::Permit turn = co_await context_.take_turn();
  removal.facts = co_await read(common, path);
  co_await move_away(removal);
  co_await unregister(removal);
}

asio::awaitable<void> WorktreeRemover::inspect(Removal& removal) {
  const WorktreeFacts& facts = removal.facts;
  removal.tips = facts.tips;
  if (is_empty(facts)) {
    const bool submodules = co_await rescuer_.has_unpushed_submodules(facts);
    if (submodules) removal.keep_because = lone_submodules;
  } else if (!facts.intact) {
    removal.keep_because = "its .git file was missing or damaged";
  } else if (!facts.has_index) {
    removal.keep_because = "its index was missing";
  } else {
    co_await inspect_contents(removal);
  }
  co_await find_repositories(removal);
  if (removal.may_lose_commits) co_return;
  removal.may_lose_commits =
      co_await rescuer_.has_unpushed(removal.common, removal.tips, removal.subject.branch, false);
}

// A failure of git is no reason to lose anything: the directory is kept then.
asio::awaitable<void> WorktreeRemover::inspect_contents(Removal& removal) {
  try {
    const Findings findings = co_await rescuer_.inspect(removal.facts);
    const WorktreeChanges& changes = findings.changes;
    const bool submodules = co_await rescuer_.has_unpushed_submodules(removal.facts);
    if (submodules) removal.keep_because = lone_submodules;
    if (changes.dirty_submodules) removal.keep_because = "its submodules had been changed";
    if (findings.unread) removal.keep_because = "not all of it could be read";
    if (changes.uncommitted) co_await commit(removal, changes);
  } catch (const Error& error) {
    removal.keep_because = error.what();
  }
}

// All of the directory is kept for them: what is in them may be nowhere else.
asio::awaitable<void> WorktreeRemover::find_repositories(Removal& removal) {
  const WorktreeFacts& facts = removal.facts;
  if (is_empty(facts) || !facts.has_files) co_return;
  NestedRepositories nested;
  std::string failure;
  try {
    nested =
        co_await find_nested_repositories(context_.git, context_.workers, facts.path, facts.admin);
  } catch (const Error& error) {
    failure = error.what();
  }
  removal.repositories = std::move(nested.found);
  if (!removal.repositories.empty()) {
    removal.keep_because = described(removal.repositories);
  } else if (removal.keep_because.empty()) {
    removal.keep_because = nested.unread ? "not all of it could be read" : failure;
  }
}

// What is in no branch is saved as that of the instance's own worktree is; their files stay in what
// is kept, their branches in the repository.
asio::awaitable<void> WorktreeRemover::inspect_worktrees_within(Removal& removal) {
  std::function<std::vector<fs::path>()> list = [common = removal.common,
                                                 path = removal.facts.path] {
    return registered_within(common, path);
  };
  const std::vector<fs::path> within = co_await context_.look(removal.facts.path, std::move(list));
  for (const fs::path& path : within) {
    Removal inner;
    inner.common = removal.common;
    inner.subject.instance = removal.subject.instance;
    inner.facts = co_await read(removal.common, path);
    co_await inspect(inner);
    removal.worktrees.push_back(std::move(inner));
  }
}

asio::awaitable<void> WorktreeRemover::take_back_worktrees_within(Removal& removal) {
  for (Removal& inner : removal.worktrees) {
    if (inner.may_lose_commits) {
      const std::vector<std::string> refs =
          co_await rescuer_.save(inner.common, inner.tips, inner.subject);
      std::vector<std::string>& all = removal.removed.rescue_refs;
      all.insert(all.end(), refs.begin(), refs.end());
    }
    co_await detach(inner);
    co_await unregister(inner);
  }
}

asio::awaitable<void> WorktreeRemover::commit(Removal& removal, WorktreeChanges changes) {
  bool complete = false;
  const std::string commit =
      co_await rescuer_.commit_changes(removal.facts, changes, removal.subject, complete);
  if (!complete && removal.keep_because.empty()) {
    removal.keep_because = "a commit would not have held its files byte for byte";
  }
  if (commit.empty()) co_return;
  removal.tips.insert(removal.tips.begin(), commit);
  removal.may_lose_commits = true;
}

asio::awaitable<void> WorktreeRemover::move_away(Removal& removal) {
  const WorktreeFacts& facts = removal.facts;
  if (!removal.keep_because.empty()) {
    co_await keep(removal);
  } else if (facts.exists) {
    std::function<bool()> move = [path = facts.path, trash = context_.trash,
                                  name = removal.subject.instance] {
      bool is_cross_device = false;
      move_into(path, trash, name, is_cross_device);
      return is_cross_device;
    };
    const bool cross_device = co_await context_.change(std::move(move));
    if (cross_device) co_await delete_tree(context_.workers, facts.path);
  }
}

// The directory leaves its place last. When that is not reached, the next attempt finds it without
// its link, and keeps it again.
asio::awaitable<void> WorktreeRemover::keep(Removal& removal) {
  const WorktreeFacts& facts = removal.facts;
  co_await detach(removal);
  const KeptNote note = note_of(context_, facts, removal.subject, removal.keep_because);
  const KeptPlaces places{context_.kept_files, context_.trash};
  std::function<fs::path()> move = [path = facts.path, places, note,
                                    repositories = removal.repositories] {
    fs::path kept = keep_directory(path, places, note);
    mend_links(path, kept, repositories);
    return kept;
  };
  removal.removed.kept_directory = co_await context_.change(std::move(move));
}

// From its repository, with the repositories of its submodules.
asio::awaitable<void> WorktreeRemover::detach(Removal& removal) {
  const WorktreeFacts& facts = removal.facts;
  if (!facts.exists && facts.submodules.empty()) co_return;
  std::function<fs::path()> prepare = [facts] {
    if (!facts.exists) make_directory(facts.path);
    unlink_git_file(facts.path, facts.admin);
    return free_name(facts.path / ".git-modules");
  };
  const fs::path modules = co_await context_.change(std::move(prepare));
  if (!facts.submodules.empty()) co_await move_submodules(removal, modules);
}

// Their repositories are in the administrative directory, perhaps on another file system. They name
// working trees that will not be there.
asio::awaitable<void> WorktreeRemover::move_submodules(Removal& removal, fs::path target) {
  for (const fs::path& submodule : removal.facts.submodules) {
    std::vector<std::string> arguments{"config", "--file", (submodule / "config").string(),
                                       "--unset-all", "core.worktree"};
    GitCall unset = RepositoryContext::call(removal.common, std::move(arguments));
    co_await context_.git.run(std::move(unset));
  }
  ProgramCall call;
  call.argv = {"mv", "--", (removal.facts.admin / "modules").string(), target.string()};
  call.timeout = std::chrono::minutes(15);
  const ProgramResult result = co_await context_.git.run_once(std::move(call));
  if (!result.succeeded()) throw git_error(result, "cannot keep the submodules' repositories");
}

asio::awaitable<void> WorktreeRemover::unregister(Removal& removal) {
  std::function<void()> work = [facts = removal.facts] {
    if (!facts.admin.empty()) remove_admin_directory(facts.admin);
    for (const fs::path& fragment : facts.fragments) remove_fragment(fragment);
  };
  co_await context_.change(std::move(work));
}

asio::awaitable<void> WorktreeRemover::drop_branch(Removal& removal) {
  const std::string& branch = removal.subject.branch;
  if (branch.empty()) co_return;
  const BranchFacts facts = co_await find_branch(removal);
  if (!facts.made_by_us) co_return;
  std::vector<RefChange> changes;
  const bool deleted = !facts.commit.empty() && !facts.used_elsewhere;
  if (deleted) changes.push_back({RefChange::Kind::remove, "refs/heads/" + branch, facts.commit});
  changes.push_back({RefChange::Kind::remove, branch_marker(branch), ""});
  const ProgramResult result = co_await context_.update_refs(removal.common, std::move(changes),
                                                             "yardmaster: removed worktree");
  if (!result.succeeded()) throw git_error(result, "cannot delete the branch '" + branch + "'");
  if (!deleted || !facts.configured) co_return;
  std::vector<std::string> arguments{"config", "--remove-section", "branch." + branch};
  GitCall call = RepositoryContext::call(removal.common, std::move(arguments));
  co_await context_.git.run(std::move(call));
}

asio::awaitable<BranchFacts> WorktreeRemover::find_branch(Removal& removal) {
  const fs::path path = removal.facts.path;
  std::function<bool()> look = [common = removal.common, path] {
    return is_of_another_yard(common, path);
  };
  const bool of_another_yard = co_await context_.look(path, std::move(look));
  std::function<BranchFacts()> work = [common = removal.common, admin = removal.facts.admin,
                                       branch = removal.subject.branch] {
    return read_branch(common, admin, branch);
  };
  BranchFacts facts = co_await context_.look(path, std::move(work));
  if (!facts.certain) facts = co_await ask_for_branch(removal, facts);
  if (of_another_yard) facts.made_by_us = false;
  co_return facts;
}

// Git itself is asked about refs that are packed, or kept in another way than as files.
asio::awaitable<BranchFacts> WorktreeRemover::ask_for_branch(Removal& removal, BranchFacts facts) {
  const std::string name = "refs/heads/" + removal.subject.branch;
  const std::string marker = branch_marker(removal.subject.branch);
  std::vector<std::string> arguments{
      "for-each-ref", "--format=%(refname) %(objectname) %(worktreepath)", name, marker};
  GitCall call = RepositoryContext::call(removal.common, std::move(arguments));
  const std::string output =
      co_await context_.git.output(std::move(call), "cannot look for the branch '" + name + "'");
  facts.commit.clear();
  facts.made_by_us = false;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string ref;
    std::string commit;
    std::string worktree;
    fields >> ref >> commit >> worktree;
    if (ref == marker) facts.made_by_us = true;
    if (ref != name) continue;
    facts.commit = commit;
    facts.used_elsewhere = facts.used_elsewhere || !worktree.empty();
  }
  co_return facts;
}

}  // namespace yardmaster
