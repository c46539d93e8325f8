#include "coordinator/instances/git/worktree_remover.h"

#include <cstdint>
#include <functional>
#include <sstream>
#include <system_error>

#include "coordinator/instances/git/file_errors.h"
#include "coordinator/instances/git/kept_files.h"
#include "coordinator/instances/git/trash.h"
#include "coordinator/instances/processes/run_on.h"

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
void take_news(std::string& keep_because, const WorktreeFacts& before, const WorktreeFacts& now) {
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

std::string described(const std::vector<std::string>& nested) {
  std::string text = "there are repositories in it: " + nested.front();
  if (nested.size() > 1) text += " and " + std::to_string(nested.size() - 1) + " more";
  return text;
}

}  // namespace

asio::awaitable<WorktreeFacts> WorktreeRemover::read(fs::path common, fs::path path) {
  std::function<WorktreeFacts()> work = [&] {
    require_instance_worktree(path, common, context_.repository);
    return read_worktree(common, path);
  };
  co_return co_await run_on(context_.workers, std::move(work));
}

asio::awaitable<RemovedWorktree> WorktreeRemover::remove(fs::path path, std::string branch,
                                                         std::string instance) {
  Leaving leaving;
  leaving.subject = RescueSubject{std::move(instance), std::move(branch)};
  const std::optional<fs::path> common = co_await context_.find_common();
  if (!common) {
    co_await remove_without_repository(leaving, path);
    co_return std::move(leaving.removed);
  }
  leaving.common = *common;
  const std::string name = path.filename();
  const std::uint64_t additions = context_.additions[name];
  leaving.facts = co_await read(leaving.common, path);
  co_await look(leaving);
  // Two removals take turns here: when two worktrees hold the same commit, one of them must see the
  // other gone.
  const Semaphore::Permit turn = co_await context_.changes.acquire();
  if (context_.additions[name] != additions) co_return std::move(leaving.removed);
  const WorktreeFacts now = co_await read(leaving.common, path);
  take_news(leaving.keep_because, leaving.facts, now);
  leaving.facts = now;
  if (leaving.may_lose_commits) {
    leaving.removed.rescue_refs =
        co_await rescuer_.save(leaving.common, leaving.tips, leaving.subject);
  }
  co_await move_away(leaving);
  co_await unregister(leaving);
  co_await drop_branch(leaving);
  co_return std::move(leaving.removed);
}

asio::awaitable<void> WorktreeRemover::remove_without_repository(Leaving& leaving, fs::path path) {
  std::function<WorktreeFacts()> work = [&path] { return read_directory(path); };
  leaving.facts = co_await run_on(context_.workers, std::move(work));
  if (leaving.facts.has_files) leaving.keep_because = "its repository is gone";
  co_await move_away(leaving);
}

asio::awaitable<bool> WorktreeRemover::is_ours(fs::path path, std::string branch) {
  Leaving leaving;
  const std::optional<fs::path> common = co_await context_.find_common();
  if (!common) co_return false;
  leaving.common = *common;
  leaving.facts.path = std::move(path);
  leaving.subject.branch = std::move(branch);
  const BranchFacts facts = co_await find_branch(leaving);
  co_return facts.made_by_us;
}

asio::awaitable<void> WorktreeRemover::discard(fs::path common, fs::path path) {
  Leaving leaving;
  leaving.common = common;
  leaving.subject.instance = path.filename().string();
  const Semaphore::Permit turn = co_await context_.changes.acquire();
  leaving.facts = co_await read(common, path);
  co_await move_away(leaving);
  co_await unregister(leaving);
}

asio::awaitable<void> WorktreeRemover::look(Leaving& leaving) {
  const WorktreeFacts& facts = leaving.facts;
  leaving.tips = facts.tips;
  if (is_empty(facts)) {
    const bool submodules = co_await rescuer_.has_unpushed_submodules(facts);
    if (submodules) leaving.keep_because = lone_submodules;
  } else if (!facts.intact) {
    leaving.keep_because = "its .git file was missing or damaged";
  } else if (!facts.has_index) {
    leaving.keep_because = "its index was missing";
  } else {
    co_await look_into(leaving);
  }
  if (leaving.may_lose_commits) co_return;
  leaving.may_lose_commits =
      co_await rescuer_.has_unpushed(leaving.common, leaving.tips, leaving.subject.branch, false);
}

// A failure of git is no reason to lose anything: the directory is kept then.
asio::awaitable<void> WorktreeRemover::look_into(Leaving& leaving) {
  try {
    const Findings findings = co_await rescuer_.look(leaving.facts);
    const WorktreeChanges& changes = findings.changes;
    const bool submodules = co_await rescuer_.has_unpushed_submodules(leaving.facts);
    if (submodules) leaving.keep_because = lone_submodules;
    if (changes.dirty_submodules) leaving.keep_because = "its submodules had been changed";
    if (!changes.nested.empty()) leaving.keep_because = described(changes.nested);
    if (findings.unread) leaving.keep_because = "not all of it could be read";
    if (changes.uncommitted) co_await commit(leaving, changes);
  } catch (const Error& error) {
    leaving.keep_because = error.what();
  }
}

asio::awaitable<void> WorktreeRemover::commit(Leaving& leaving, WorktreeChanges changes) {
  bool complete = false;
  const std::string commit =
      co_await rescuer_.commit_changes(leaving.facts, changes, leaving.subject, complete);
  if (!complete && leaving.keep_because.empty()) {
    leaving.keep_because = "a commit would not have held its files byte for byte";
  }
  if (commit.empty()) co_return;
  leaving.tips.insert(leaving.tips.begin(), commit);
  leaving.may_lose_commits = true;
}

asio::awaitable<void> WorktreeRemover::move_away(Leaving& leaving) {
  const WorktreeFacts& facts = leaving.facts;
  if (!leaving.keep_because.empty()) {
    co_await keep(leaving);
  } else if (facts.exists) {
    bool cross_device = false;
    std::function<void()> move = [&] {
      move_into(facts.path, context_.trash, leaving.subject.instance, cross_device);
    };
    co_await run_on(context_.workers, std::move(move));
    if (cross_device) co_await delete_tree(context_.workers, facts.path);
  }
}

// The directory leaves its place last. When that is not reached, the next attempt finds it without
// its link, and keeps it again.
asio::awaitable<void> WorktreeRemover::keep(Leaving& leaving) {
  const WorktreeFacts& facts = leaving.facts;
  std::function<fs::path()> prepare = [&facts] {
    if (!facts.exists) make_directory(facts.path);
    unlink_git_file(facts.path, facts.admin);
    return free_name(facts.path / ".git-modules");
  };
  const fs::path modules = co_await run_on(context_.workers, std::move(prepare));
  if (!facts.submodules.empty()) co_await move_submodules(leaving, modules);
  std::function<void()> move = [&] {
    const KeptNote note = note_of(context_, facts, leaving.subject, leaving.keep_because);
    leaving.removed.kept_directory =
        keep_directory(facts.path, {context_.kept_files, context_.trash}, note);
  };
  co_await run_on(context_.workers, std::move(move));
}

// Their repositories are in the administrative directory, perhaps on another file system. They name
// working trees that will not be there.
asio::awaitable<void> WorktreeRemover::move_submodules(Leaving& leaving, fs::path target) {
  for (const fs::path& submodule : leaving.facts.submodules) {
    std::vector<std::string> arguments{"config", "--file", (submodule / "config").string(),
                                       "--unset-all", "core.worktree"};
    GitCall unset = RepositoryContext::call(leaving.common, std::move(arguments));
    co_await context_.git.run(std::move(unset));
  }
  ProgramCall call;
  call.argv = {"mv", "--", (leaving.facts.admin / "modules").string(), target.string()};
  call.timeout = std::chrono::minutes(15);
  const ProgramResult result = co_await context_.git.run_once(std::move(call));
  if (!result.succeeded()) throw git_error(result, "cannot keep the submodules' repositories");
}

asio::awaitable<void> WorktreeRemover::unregister(Leaving& leaving) {
  std::function<void()> work = [&facts = leaving.facts] {
    if (!facts.admin.empty()) remove_admin_directory(facts.admin);
    for (const fs::path& fragment : facts.fragments) remove_fragment(fragment);
  };
  co_await run_on(context_.workers, std::move(work));
}

asio::awaitable<void> WorktreeRemover::drop_branch(Leaving& leaving) {
  const std::string& branch = leaving.subject.branch;
  if (branch.empty()) co_return;
  const BranchFacts facts = co_await find_branch(leaving);
  if (!facts.made_by_us) co_return;
  std::string commands;
  const bool deleted = !facts.commit.empty() && !facts.used_elsewhere;
  if (deleted) commands = "delete refs/heads/" + branch + " " + facts.commit + "\n";
  commands += "delete " + branch_marker(branch) + "\n";
  const ProgramResult result = co_await context_.update_refs(leaving.common, std::move(commands),
                                                             "yardmaster: removed worktree");
  if (!result.succeeded()) throw git_error(result, "cannot delete the branch '" + branch + "'");
  if (!deleted || !facts.configured) co_return;
  std::vector<std::string> arguments{"config", "--remove-section", "branch." + branch};
  GitCall call = RepositoryContext::call(leaving.common, std::move(arguments));
  co_await context_.git.run(std::move(call));
}

asio::awaitable<BranchFacts> WorktreeRemover::find_branch(Leaving& leaving) {
  bool of_another_yard = false;
  std::function<BranchFacts()> work = [&] {
    of_another_yard = is_of_another_yard(leaving.common, leaving.facts.path);
    return read_branch(leaving.common, leaving.facts.admin, leaving.subject.branch);
  };
  BranchFacts facts = co_await run_on(context_.workers, std::move(work));
  if (!facts.certain) facts = co_await ask_for_branch(leaving, facts);
  if (of_another_yard) facts.made_by_us = false;
  co_return facts;
}

// Git itself is asked about refs that are packed, or kept in another way than as files.
asio::awaitable<BranchFacts> WorktreeRemover::ask_for_branch(Leaving& leaving, BranchFacts facts) {
  const std::string name = "refs/heads/" + leaving.subject.branch;
  const std::string marker = branch_marker(leaving.subject.branch);
  std::vector<std::string> arguments{
      "for-each-ref", "--format=%(refname) %(objectname) %(worktreepath)", name, marker};
  GitCall call = RepositoryContext::call(leaving.common, std::move(arguments));
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
