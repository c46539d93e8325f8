#include "coordinator/instances/lifecycle/upkeep.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/own_refs.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/domain/names.h"
#include "coordinator/instances/git/trash.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/failure.h"
#include "coordinator/instances/processes/instance_token.h"
#include "coordinator/instances/processes/process_tree.h"
#include "coordinator/instances/processes/run_on.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr auto hint_delay = std::chrono::milliseconds(5);
constexpr auto orphan_grace = std::chrono::seconds(1);

std::vector<fs::path> children_of(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code failure;
  for (fs::directory_iterator it(directory, failure), end; !failure && it != end;
       it.increment(failure)) {
    found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

asio::awaitable<std::uint64_t> measure(FileWorkers& files, std::vector<fs::path> paths,
                                       fs::path place) {
  std::function<std::uint64_t()> work = [paths] {
    std::uint64_t bytes = 0;
    for (const fs::path& path : paths) bytes += disk_usage(path);
    return bytes;
  };
  co_return co_await files.run(std::move(work), place.string());
}

LivingInstances living_in(const Repository& repository, const InstanceManager& instances) {
  LivingInstances living;
  instances.visit([&](const Instance& instance) {
    living.worktrees.emplace_back(instance.worktree_path);
    if (instance.repo != repository.name) return;
    living.since = std::min(living.since.value_or(instance.created_at), instance.created_at);
  });
  return living;
}

UpkeepAction action_on(std::string what, std::string instance, std::string path) {
  UpkeepAction action;
  action.action = "remove";
  action.what = std::move(what);
  action.instance = std::move(instance);
  action.path = std::move(path);
  return action;
}

// "took back the worktree /yard/…, whose work was saved: refs/…"
std::string story_of(const UpkeepAction& action) {
  std::string text = action.action == "end" ? "ended the " : "took back the ";
  text += action.what + " " + action.path + ", which belonged to no instance that lives";
  for (const std::string& place : action.rescue) text += "; its work was saved: " + place;
  return text;
}

bool is_worth_telling(const UpkeepAction& action) {
  return action.what != "instance" && action.what != "trash";
}

}  // namespace

Upkeep::Upkeep(asio::io_context& io, asio::thread_pool& workers, FileWorkers& files,
               InstanceManager& instances, Repositories& repositories, TmuxServer* tmux,
               Paths paths, std::chrono::nanoseconds interval, OnWarning on_warning)
    : io_(io),
      workers_(workers),
      files_(files),
      instances_(instances),
      repositories_(repositories),
      tmux_(tmux),
      paths_(std::move(paths)),
      interval_(interval),
      on_warning_(std::move(on_warning)),
      timer_(io),
      runs_(io, 1) {}

void Upkeep::start() {
  started_ = true;
  asio::co_spawn(io_, sweep(), or_warn(on_warning_, "the sweep has ended"));
}

void Upkeep::stop() {
  stopping_ = true;
  timer_.cancel();
}

asio::awaitable<void> Upkeep::sweep() {
  while (!stopping_) {
    now_running("sweep");
    co_await run(true, false);
    timer_.expires_after(interval_);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

void Upkeep::hint() {
  if (hinted_ || !started_ || stopping_) return;
  hinted_ = true;
  asio::co_spawn(io_, sweep_repeatedly(), or_warn(on_warning_, "the repair has ended"));
}

asio::awaitable<void> Upkeep::sweep_repeatedly() {
  now_running("repair");
  co_await pause_for(io_, hint_delay);
  hinted_ = false;
  UpkeepReport ignored;
  asio::awaitable<void> step = repair(ignored, false, false);
  co_await attempt(ignored, std::move(step));
}

asio::awaitable<void> Upkeep::attempt(UpkeepReport& report, asio::awaitable<void> step) {
  std::string failure;
  try {
    co_await std::move(step);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (failure.empty() || stopping_) co_return;
  on_warning_("cannot look for what is left: " + failure);
  report.troubles.push_back(std::move(failure));
}

asio::awaitable<UpkeepReport> Upkeep::run(bool ask_unknown, bool dry_run) {
  const Semaphore::Permit turn = co_await runs_.acquire();
  UpkeepReport report;
  std::vector<asio::awaitable<void>> steps;
  steps.push_back(repair(report, ask_unknown, dry_run));
  steps.push_back(clean_processes(report, dry_run));
  steps.push_back(clean_windows(report, dry_run));
  steps.push_back(clean_worktrees(report, dry_run));
  steps.push_back(clean_files(report, dry_run));
  steps.push_back(clean_trash(report, dry_run));
  for (asio::awaitable<void>& step : steps) co_await attempt(report, std::move(step));
  for (const UpkeepAction& action : report.actions) {
    if (!dry_run && is_worth_telling(action)) on_warning_(story_of(action));
  }
  co_return report;
}

asio::awaitable<void> Upkeep::repair(UpkeepReport& report, bool ask_unknown, bool dry_run) {
  const std::vector<Repair> repairs = co_await instances_.repair(ask_unknown, dry_run);
  for (const Repair& repair : repairs) {
    UpkeepAction action = action_on("instance", repair.instance, {});
    action.action = repair.action;
    report.actions.push_back(std::move(action));
  }
}

asio::awaitable<void> Upkeep::clean_worktrees(UpkeepReport& report, bool dry_run) {
  for (const Repository& repository : repositories_.list()) {
    if (repository.state != RepositoryState::ready) continue;
    const fs::path directory = paths_.worktrees() / repository.name;
    LivingInstances living = living_in(repository, instances_);
    Worktrees& worktrees = repositories_.worktrees(repository.path);
    const std::vector<fs::path> orphans =
        co_await worktrees.find_orphans(directory, std::move(living));
    for (const fs::path& orphan : orphans) {
      asio::awaitable<void> step = clean_worktree(report, orphan, repository.path, dry_run);
      co_await attempt(report, std::move(step));
    }
  }
}

asio::awaitable<void> Upkeep::clean_worktree(UpkeepReport& report, fs::path path,
                                             std::string repository_path, bool dry_run) {
  const std::string instance = path.filename().string();
  if (instances_.lives(instance) || !is_valid_name(instance)) co_return;
  UpkeepAction action = action_on("worktree", instance, path.string());
  const std::vector<fs::path> whole{path};
  action.bytes = co_await measure(files_, whole, path);
  if (instances_.lives(instance)) co_return;  // came to be meanwhile
  if (!dry_run) {
    Worktrees& worktrees = repositories_.worktrees(repository_path);
    RemovedWorktree removed = co_await worktrees.remove(path, instance_branch(instance), instance);
    action.rescue = std::move(removed.rescue_refs);
    if (!removed.kept_directory.empty()) action.rescue.push_back(removed.kept_directory.string());
  }
  report.actions.push_back(std::move(action));
}

asio::awaitable<void> Upkeep::clean_processes(UpkeepReport& report, bool dry_run) {
  const std::string prefix = paths_.token_prefix;
  if (prefix.empty()) co_return;  // everybody's begin so
  std::function<std::vector<std::string>()> list = [prefix] { return find_tokens(prefix); };
  const std::vector<std::string> tokens = co_await run_on(workers_, std::move(list));
  std::unordered_set<std::string> living;
  instances_.visit(
      [&](const Instance& instance) { living.insert(instance_token(prefix, instance.id)); });
  for (const std::string& token : tokens) {
    if (living.contains(token)) continue;
    UpkeepAction action = action_on("process", {}, token);
    action.action = "end";
    if (!dry_run) {
      asio::awaitable<void> step = end_processes(token);
      co_await attempt(report, std::move(step));
    }
    report.actions.push_back(std::move(action));
  }
}

asio::awaitable<void> Upkeep::end_processes(std::string token) {
  ProcessTreeQuery query;
  query.token = std::move(token);
  if (tmux_ != nullptr) query.spared = {tmux_->server_pid()};
  co_await end_process_tree(io_, workers_, query, orphan_grace, false);
}

// Windows of agents that have ended: those that a user opened live on.
asio::awaitable<void> Upkeep::clean_windows(UpkeepReport& report, bool dry_run) {
  if (tmux_ == nullptr) co_return;
  const std::optional<std::vector<TmuxPane>> panes = co_await tmux_->list_panes();
  if (!panes) co_return;
  for (const TmuxPane& pane : *panes) {
    if (!pane.dead || instances_.lives(pane.window)) continue;
    report.actions.push_back(action_on("window", pane.window, pane.pane));
    if (!dry_run) co_await tmux_->kill_pane(pane.pane);
  }
}

asio::awaitable<void> Upkeep::clean_files(UpkeepReport& report, bool dry_run) {
  struct Kind {
    std::string_view what;
    fs::path directory;
    std::string_view prefix;
    std::string_view suffix;
  };
  const std::vector<Kind> kinds{{"socket", paths_.runtime_dir, "instance-", ".sock"},
                                {"file", paths_.prompt("x").parent_path(), "", ".md"},
                                {"file", paths_.agent_files("x").parent_path(), "", ""},
                                {"file", paths_.launch_file("x").parent_path(), "", ".json"},
                                {"file", paths_.launch_file("x").parent_path(), "", ".json.tmp"}};
  for (const Kind& kind : kinds) {
    const std::vector<fs::path> files = co_await list(kind.directory);
    Pace pace(io_);
    for (const fs::path& file : files) {
      if (pace.is_over()) co_await pace.turn();
      const std::string name = file.filename().string();
      if (!name.starts_with(kind.prefix) || !name.ends_with(kind.suffix)) continue;
      const std::string instance =
          name.substr(kind.prefix.size(), name.size() - kind.prefix.size() - kind.suffix.size());
      if (!is_valid_name(instance) || instances_.lives(instance)) continue;
      report.actions.push_back(action_on(std::string(kind.what), instance, file.string()));
      if (dry_run) continue;
      const InstanceManager::NameHold hold = instances_.hold(instance);
      co_await remove_file(file);
    }
  }
}

asio::awaitable<void> Upkeep::remove_file(fs::path file) {
  std::function<void()> work = [file] {
    std::error_code ignored;
    fs::remove_all(file, ignored);
  };
  co_await files_.run(std::move(work), file.string());
}

// What could not be deleted is no space that was freed.
asio::awaitable<void> Upkeep::clean_trash(UpkeepReport& report, bool dry_run) {
  UpkeepAction action = action_on("trash", {}, paths_.trash().string());
  const std::vector<fs::path> thrown_away = co_await list(paths_.trash());
  action.bytes = co_await measure(files_, thrown_away, paths_.trash());
  if (action.bytes == 0) co_return;
  if (!dry_run) {
    co_await empty_trash(files_, paths_.trash());
    const std::vector<fs::path> now = co_await list(paths_.trash());
    std::vector<fs::path> left;
    std::set_intersection(thrown_away.begin(), thrown_away.end(), now.begin(), now.end(),
                          std::back_inserter(left));
    const std::uint64_t kept = co_await measure(files_, left, paths_.trash());
    action.bytes -= std::min(action.bytes, kept);
    for (const fs::path& path : left) report.troubles.push_back("cannot delete " + path.string());
  }
  if (dry_run || action.bytes > 0) report.actions.push_back(std::move(action));
}

asio::awaitable<std::vector<fs::path>> Upkeep::list(fs::path directory) {
  std::function<std::vector<fs::path>()> work = [directory] { return children_of(directory); };
  co_return co_await files_.run(std::move(work), directory.string());
}

}  // namespace yardmaster
