#include "coordinator/instances/git/worktrees.h"

#include <algorithm>
#include <functional>
#include <set>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "coordinator/base/duration.h"
#include "coordinator/instances/git/nested_repositories.h"
#include "coordinator/instances/git/own_files.h"
#include "coordinator/instances/git/ref_names.h"
#include "coordinator/instances/git/worktree_files.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

// Blocking. Made while one of them lived, as an agent's own `git worktree add ../x` is.
bool may_be_of_the_living(const fs::path& path, const LivingInstances& living) {
  if (!living.since) return false;
  struct statx found {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BTIME, &found) != 0) return false;
  if ((found.stx_mask & STATX_BTIME) == 0) return true;  // the file system does not say
  const auto made = std::chrono::seconds(found.stx_btime.tv_sec) +
                    std::chrono::nanoseconds(found.stx_btime.tv_nsec);
  return WallTime(std::chrono::duration_cast<WallTime::duration>(made)) >= *living.since;
}

// Blocking.
std::vector<fs::path> orphans_in(const fs::path& common, const fs::path& directory,
                                 const LivingInstances& living) {
  std::set<fs::path> found;
  std::set<fs::path> ours;
  std::error_code failure;
  for (fs::directory_iterator entry(directory, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    std::error_code unread;
    if (fs::is_directory(entry->symlink_status(unread))) found.insert(resolved(entry->path()));
  }
  const fs::path parent = resolved(directory / "x").parent_path();
  std::set<std::string> elsewhere;  // instances whose branches are in use
  for (const Registration& registration : registered_worktrees(common)) {
    const fs::path whole = resolved(registration.worktree);
    if (whole.parent_path() == parent) {
      found.insert(whole);
      if (registration.by_a_yard) ours.insert(whole);
    } else if (registration.by_a_yard) {
      elsewhere.insert(whole.filename());
    }
  }
  for (const fs::path& path : living.worktrees) elsewhere.insert(path.filename());
  for (const std::string& instance : marked_branches(common, "instance")) {
    if (elsewhere.contains(instance)) continue;
    found.insert(parent / instance);
    ours.insert(parent / instance);
  }
  for (const fs::path& path : living.worktrees) found.erase(resolved(path));
  std::erase_if(found, [&](const fs::path& path) {
    return !ours.contains(path) && may_be_of_the_living(path, living);
  });
  return {found.begin(), found.end()};
}

struct DirectoryReading {
  WorktreeFacts facts;
  std::uint64_t bytes = 0;
};

}  // namespace

Worktrees::Worktrees(asio::io_context& io, FileWorkers& workers, ProcessRunner& runner,
                     fs::path repository, fs::path trash, fs::path kept_files, CheckoutSlots& slots)
    : context_(io, workers, runner, std::move(repository), std::move(trash), std::move(kept_files),
               slots),
      rescuer_(context_),
      remover_(context_, rescuer_),
      adder_(context_, remover_),
      fetches_(io, 1) {}

asio::awaitable<std::string> Worktrees::add(WorktreeRequest request) {
  co_return co_await adder_.add(std::move(request), true);
}

asio::awaitable<WorktreeState> Worktrees::inspect(fs::path path, std::string branch) {
  const fs::path common = co_await context_.common();
  std::function<DirectoryReading()> read = [common, path] {
    DirectoryReading reading;
    reading.facts = read_worktree(common, path);
    reading.bytes = disk_usage(reading.facts.path);
    return reading;
  };
  const DirectoryReading reading = co_await context_.look(path, std::move(read));
  const WorktreeFacts& facts = reading.facts;
  WorktreeState state;
  state.exists = facts.exists;
  state.bytes = reading.bytes;
  if (facts.exists && facts.intact && facts.has_index) {
    const Findings findings = co_await rescuer_.inspect(facts);
    const NestedRepositories nested =
        co_await find_nested_repositories(context_.git, context_.workers, facts.path, facts.admin);
    state.uncommitted =
        findings.changes.uncommitted || findings.unread || nested.unread || !nested.found.empty();
  } else {
    state.uncommitted = facts.has_files && !facts.unfinished;
  }
  state.unpushed = co_await rescuer_.has_unpushed(common, facts.tips, branch, true);
  co_return state;
}

asio::awaitable<RemovedWorktree> Worktrees::remove(fs::path path, std::string branch,
                                                   std::string instance, std::string token) {
  const GitProgram::Carried carried = context_.git.carry(path.filename(), token);
  co_return co_await remover_.remove(std::move(path), std::move(branch), std::move(instance));
}

asio::awaitable<RemovedWorktree> Worktrees::remove_begun(fs::path path, std::string branch,
                                                         std::string instance) {
  RemovedWorktree removed;
  const bool ours = co_await remover_.is_ours(path, branch);
  if (ours) {
    removed = co_await remover_.remove(std::move(path), std::move(branch), std::move(instance));
  }
  co_return removed;
}

asio::awaitable<std::string> Worktrees::fetch(std::chrono::nanoseconds timeout) {
  const SteadyTime asked = std::chrono::steady_clock::now();
  const Semaphore::Permit turn = co_await fetches_.acquire();
  if (fetched_ >= asked) co_return fetch_failure_;
  const SteadyTime began = std::chrono::steady_clock::now();
  const fs::path common = co_await context_.common();
  std::vector<std::string> arguments{"fetch", "--quiet", "--no-recurse-submodules", "origin"};
  GitCall call = RepositoryContext::call(common, std::move(arguments));
  call.timeout = timeout;
  ProgramCall program = GitProgram::program_call(std::move(call));
  program.holds_lock = false;  // credential helpers may stay
  const ProgramResult result = co_await context_.git.run_once(std::move(program));
  fetch_failure_.clear();
  if (!result.succeeded()) fetch_failure_ = git_complaint(result.errors);
  if (result.timed_out) fetch_failure_ = "it took longer than " + format_duration(timeout);
  fetched_ = began;
  co_return fetch_failure_;
}

asio::awaitable<void> Worktrees::take_back_settings() {
  const std::optional<fs::path> common = co_await context_.find_common();
  if (!common) co_return;
  const Semaphore::Permit turn = co_await context_.take_turn();
  std::function<bool()> work = [common] {
    const std::vector<Registration> all = registered_worktrees(*common);
    if (std::any_of(all.begin(), all.end(), [](const auto& each) { return each.by_a_yard; })) {
      return false;
    }
    take_back_exclude(*common);
    return !has_own_configurations(*common);
  };
  const bool nobody_needs_it = co_await context_.change(std::move(work));
  if (nobody_needs_it) co_await adder_.forbid_own_configuration(*common);
}

asio::awaitable<std::vector<fs::path>> Worktrees::find_orphans(fs::path directory,
                                                               LivingInstances living) {
  const std::optional<fs::path> common = co_await context_.find_common();
  std::function<std::vector<fs::path>()> work = [common, directory, living] {
    return orphans_in(common.value_or("/nonexistent"), directory, living);
  };
  co_return co_await context_.look(directory, std::move(work));
}

asio::awaitable<std::vector<Rescue>> Worktrees::rescues() {
  const std::optional<fs::path> common = co_await context_.find_common();
  co_return co_await rescuer_.list(common.value_or(fs::path()));
}

asio::awaitable<void> Worktrees::restore(std::string ref, std::string branch) {
  const fs::path common = co_await context_.common();
  require_branch_name(branch);
  NewBranch made;
  made.name = std::move(branch);
  made.commit = co_await rescuer_.find(common, std::move(ref));
  const Semaphore::Permit turn = co_await context_.take_turn();
  co_await adder_.make_branch(common, std::move(made));
}

asio::awaitable<void> Worktrees::restore_into(std::string ref, std::string branch, fs::path path) {
  const fs::path common = co_await context_.common();
  WorktreeRequest request;
  // What lies among the instances' worktrees without being one would be swept away.
  request.path = require_worktree_place(path, context_.trash.parent_path());
  request.start = co_await rescuer_.find(common, std::move(ref));
  request.branch = std::move(branch);
  co_await adder_.add(std::move(request), false);
}

}  // namespace yardmaster
