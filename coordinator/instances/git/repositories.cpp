#include "coordinator/instances/git/repositories.h"

#include <algorithm>
#include <cctype>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/secrets.h"
#include "coordinator/domain/names.h"
#include "coordinator/instances/git/nested_repositories.h"
#include "coordinator/instances/git/trash.h"
#include "coordinator/instances/git/worktree_files.h"
#include "coordinator/instances/processes/failure.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

// "https://host/org/My.Repo.git" and "/home/me/My.Repo" become "my-repo".
std::string name_after(std::string place) {
  while (place.ends_with('/')) place.pop_back();
  if (place.ends_with(".git")) place.resize(place.size() - 4);
  while (place.ends_with('/')) place.pop_back();  // "/home/me/project/.git"
  const std::size_t slash = place.find_last_of("/:");
  if (slash != std::string::npos) place.erase(0, slash + 1);
  std::string name;
  for (const char c : place) {
    const auto byte = static_cast<unsigned char>(c);
    const bool fits = std::isalnum(byte) != 0 && byte < 0x80;
    if (fits) name.push_back(static_cast<char>(std::tolower(byte)));
    if (!fits && !name.empty() && name.back() != '-') name.push_back('-');
  }
  while (name.ends_with('-')) name.pop_back();
  return name.substr(0, max_name_length);
}

// Blocking. Linked ones, which would lose their repository.
bool has_worktrees(const std::filesystem::path& common) {
  const std::vector<Registration> all = registered_worktrees(common);
  return std::any_of(all.begin(), all.end(), [](const Registration& registration) {
    std::error_code ignored;
    return std::filesystem::exists(registration.worktree, ignored);
  });
}

}  // namespace

Repositories::Repositories(asio::io_context& io, FileWorkers& workers, StoreQueue& store,
                           ProcessRunner& runner, Paths paths, std::size_t checkout_jobs,
                           OnWarning on_warning)
    : io_(io),
      workers_(workers),
      store_(store),
      runner_(runner),
      paths_(std::move(paths)),
      on_warning_(std::move(on_warning)),
      git_(runner),
      git_program_(runner),
      slots_(io, checkout_jobs) {}

asio::awaitable<void> Repositories::load() {
  const auto list = [](Store& store) { return store.list_repositories(); };
  std::vector<Repository> known = co_await store_.run(Durability::process, list);
  for (Repository& repository : known) {
    const std::string name = repository.name;
    const bool interrupted = repository.state == RepositoryState::cloning;
    // Earlier versions kept them as they were given.
    repository.url = without_secrets(repository.url);
    repository.error = without_secrets(repository.error);
    entries_[name].repository = std::move(repository);
    if (interrupted) {
      co_await finish_clone(name, "the daemon was stopped meanwhile; remove it and add it again");
    }
  }
}

Repository Repositories::planned(const RepositoryRequest& request) const {
  if (request.path.empty() == request.url.empty()) {
    throw Error(ErrorCode::invalid_request,
                "a repository has either a path on this machine or a URL to clone");
  }
  Repository repository;
  repository.name = request.name;
  if (repository.name.empty()) {
    const std::string url = without_secrets(request.url);
    repository.name = name_after(url.empty() ? request.path : url.substr(0, url.find('?')));
  }
  require_name("name", repository.name);
  repository.path = request.path;
  repository.url = without_secrets(request.url);
  repository.base_branch = request.base_branch;
  repository.owned = !request.url.empty();
  if (repository.owned) repository.path = paths_.clone(repository.name).string();
  repository.tmux_session =
      request.tmux_session.empty() ? "yard-" + repository.name : request.tmux_session;
  require_name("tmux_session", repository.tmux_session);
  repository.state = repository.owned ? RepositoryState::cloning : RepositoryState::ready;
  return repository;
}

asio::awaitable<Repository> Repositories::add(RepositoryRequest request) {
  Repository repository = planned(request);
  if (entries_.contains(repository.name)) {
    throw Error(ErrorCode::already_exists, "there is a repository '" + repository.name +
                                               "' already: choose another name (--name)");
  }
  co_await git_.version();
  if (repository.owned) {
    co_await require_no_earlier_clone(repository);
  } else {
    co_await fill_in(repository);
  }
  const auto insert = [&](Store& store) { return store.add_repository(repository); };
  repository = co_await store_.run(Durability::power, insert);
  const std::string name = repository.name;
  Entry& entry = entries_[name];
  entry.repository = repository;
  if (repository.owned) {
    entry.clone = std::make_shared<CloneProgress>();
    asio::co_spawn(io_, clone(name, request.url, entry.clone),
                   or_warn(on_warning_, "after the clone of '" + name + "'"));
  }
  co_return repository;
}

asio::awaitable<bool> Repositories::is_there(std::filesystem::path path) {
  // A path that cannot be looked at may be there.
  std::function<bool()> probe = [path] {
    std::error_code failure;
    const auto found = std::filesystem::symlink_status(path, failure);
    return found.type() != std::filesystem::file_type::not_found;
  };
  co_return co_await workers_.run(std::move(probe), path.string());
}

// It would be taken for this one's when that is removed.
asio::awaitable<void> Repositories::require_no_earlier_clone(const Repository& repository) {
  const bool taken = co_await is_there(repository.path);
  if (!taken) co_return;
  throw Error(ErrorCode::already_exists, repository.path +
                                             " holds an earlier clone: add it by its path, or "
                                             "move it away");
}

// Fills in what the checkout itself says.
asio::awaitable<void> Repositories::fill_in(Repository& repository) {
  const RepositoryFacts facts = co_await git_.inspect(repository.path);
  repository.path = facts.path.string();
  if (repository.url.empty()) repository.url = without_secrets(facts.origin_url);
  if (repository.base_branch.empty()) repository.base_branch = facts.base_branch;
  co_await require_some_commit(repository);
  if (repository.base_branch.empty()) {
    throw Error(ErrorCode::invalid_request,
                repository.path +
                    " has no branch checked out: say which one to start from "
                    "(--base)");
  }
  co_await require_commit(repository);
}

asio::awaitable<void> Repositories::require_some_commit(const Repository& repository) {
  GitCall call;
  call.directory = repository.path;
  call.arguments = {"rev-list", "--max-count=1", "--all"};
  const ProgramResult commits = co_await git_program_.run(std::move(call));
  if (!commits.succeeded() || !commits.output.empty()) co_return;
  throw Error(ErrorCode::invalid_request,
              repository.path +
                  " has no commit yet, and instances begin at one: make one first, for instance "
                  "with 'git commit --allow-empty -m Begin'");
}

asio::awaitable<void> Repositories::require_commit(const Repository& repository) {
  GitCall call;
  call.directory = repository.path;
  call.arguments = {"rev-parse", "--verify", "--quiet", "--end-of-options",
                    repository.base_branch + "^{commit}"};
  const ProgramResult found = co_await git_program_.run(std::move(call));
  if (found.succeeded()) co_return;
  throw Error(ErrorCode::invalid_request,
              repository.path + " has no branch '" + repository.base_branch + "' (--base)");
}

asio::awaitable<void> Repositories::clone(std::string name, std::string url,
                                          std::shared_ptr<CloneProgress> progress) {
  Repository repository = entries_.at(name).repository;
  std::exception_ptr failure;
  bool cloned = false;
  try {
    co_await git_.clone(url, repository.path, progress);
    cloned = true;
    co_await fill_in(repository);
  } catch (...) {
    failure = std::current_exception();
  }
  const auto found = entries_.find(name);
  if (found != entries_.end() && found->second.clone == progress) {
    found->second.repository.base_branch = repository.base_branch;
    std::string why;
    if (failure) why = message_of(failure);
    co_await finish_clone(name, std::move(why));
  }
  const bool removed = !entries_.contains(name);  // meanwhile
  if (removed && cloned) co_await discard(repository.path);
}

asio::awaitable<void> Repositories::finish_clone(std::string name, std::string failure) {
  const std::shared_ptr<CloneProgress> clone = entries_.at(name).clone;
  Repository repository = entries_.at(name).repository;
  repository.state = failure.empty() ? RepositoryState::ready : RepositoryState::failed;
  repository.error = failure;
  const auto update = [&](Store& store) {
    store.set_repository_state(repository.name, repository.state, repository.error,
                               repository.base_branch, repository.path);
  };
  if (!failure.empty()) on_warning_("cannot clone '" + name + "': " + failure);
  try {
    co_await store_.run(Durability::power, update);
  } catch (const std::exception& error) {
    on_warning_("cannot note how the clone of '" + name + "' ended: " + error.what());
  }
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.clone != clone) co_return;
  found->second.repository = repository;
  found->second.clone.reset();
}

asio::awaitable<std::string> Repositories::remove(std::string name) {
  const Repository repository = find(name);
  const std::shared_ptr<CloneProgress> cloning = entries_.at(name).clone;
  if (cloning) cloning->cancel->cancel();
  bool stays = !repository.owned;
  if (repository.owned && !cloning) stays = co_await has_work_of_its_own(repository.path);
  const auto erase = [&](Store& store) { store.remove_repository(name); };
  co_await store_.run(Durability::power, erase);
  entries_.erase(name);
  if (stays) co_await take_back_settings(repository.path);
  if (stays) co_return repository.path;
  if (!cloning) co_await discard(repository.path);
  co_return std::string();
}

asio::awaitable<void> Repositories::take_back_settings(std::string path) {
  try {
    co_await worktrees(path).take_back_settings();
  } catch (const std::exception& error) {
    on_warning_("cannot take back what was set in " + path + ": " + error.what());
  }
}

asio::awaitable<std::string> Repositories::fetch(std::string name,
                                                 std::chrono::nanoseconds timeout) {
  const Repository repository = find(name);
  if (!repository.owned || timeout.count() == 0) co_return std::string();
  co_return co_await worktrees(repository.path).fetch(timeout);
}

asio::awaitable<void> Repositories::discard(std::filesystem::path directory) {
  const std::filesystem::path trash = paths_.trash();
  std::function<bool()> move = [directory, trash] {
    bool is_cross_device = false;
    if (!std::filesystem::exists(directory)) return is_cross_device;
    move_into(directory, trash, directory.filename().string(), is_cross_device);
    return is_cross_device;
  };
  const bool cross_device = co_await workers_.run(std::move(move), directory.string());
  if (cross_device) co_await delete_tree(workers_, directory);
  co_await empty_trash(workers_, trash);
}

void Repositories::empty_trash_soon() {
  asio::co_spawn(io_, empty_trash(workers_, paths_.trash()),
                 or_warn(on_warning_, "cannot empty the trash"));
}

asio::awaitable<std::vector<KeptDirectory>> Repositories::kept_directories() {
  const KeptPlaces places{paths_.kept_files(), paths_.trash()};
  std::function<std::vector<KeptDirectory>()> work = [places] { return list_kept(places); };
  co_return co_await workers_.run(std::move(work), places.kept_files.string());
}

// Commits or files that a clone's origin does not have, or something that cannot be told about.
asio::awaitable<bool> Repositories::has_work_of_its_own(std::filesystem::path clone) {
  const bool there = co_await is_there(clone);
  if (!there) co_return false;
  bool found = true;
  try {
    found = co_await find_work(clone);
  } catch (const Error& error) {
    on_warning_("cannot tell whether there is work in " + clone.string() + ": " + error.what());
  }
  co_return found;
}

asio::awaitable<bool> Repositories::find_work(std::filesystem::path clone) {
  std::function<std::optional<std::filesystem::path>()> probe = [clone] {
    return find_common_directory(clone);
  };
  const auto common = co_await workers_.run(std::move(probe), clone.string());
  if (!common) co_return true;
  const NestedRepositories nested =
      co_await find_nested_repositories(git_program_, workers_, clone, *common);
  if (nested.unread || !nested.found.empty()) co_return true;
  std::function<bool()> look_for_worktrees = [common] { return has_worktrees(*common); };
  const bool linked = co_await workers_.run(std::move(look_for_worktrees), clone.string());
  if (linked) co_return true;
  // `--all` has the stash and what is checked out in worktrees; a HEAD without a commit is ignored.
  std::vector<std::string> commits{"rev-list", "--max-count=1", "--ignore-missing", "--all",
                                   "HEAD",     "--not",         "--remotes"};
  GitCall commits_call = RepositoryContext::call(*common, std::move(commits));
  const ProgramResult own_commits = co_await git_program_.run(std::move(commits_call));
  if (!own_commits.succeeded() || !own_commits.output.empty()) co_return true;
  std::vector<std::string> files{"--work-tree=" + clone.string(), "status", "--porcelain"};
  GitCall files_call = RepositoryContext::call(*common, std::move(files));
  files_call.directory = clone;
  const ProgramResult own_files = co_await git_program_.run(std::move(files_call));
  co_return !own_files.succeeded() || !own_files.output.empty() || !own_files.errors.empty();
}

const Repository& Repositories::find(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second.repository;
  throw Error(ErrorCode::not_found,
              "there is no repository '" + name + "' (`yardmaster repo ls` shows them)");
}

const Repository& Repositories::require_ready(const std::string& name) const {
  const Repository& repository = find(name);
  if (repository.state == RepositoryState::ready) return repository;
  const std::string why = repository.state == RepositoryState::cloning
                              ? "is being cloned; try again when that is done"
                              : "could not be cloned: " + repository.error;
  throw Error(ErrorCode::conflict, "the repository '" + name + "' " + why);
}

std::vector<Repository> Repositories::list() const {
  std::vector<Repository> all;
  all.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) all.push_back(entry.repository);
  std::sort(all.begin(), all.end(),
            [](const Repository& one, const Repository& other) { return one.name < other.name; });
  return all;
}

std::string Repositories::progress(const std::string& name) const {
  const auto found = entries_.find(name);
  const bool cloning = found != entries_.end() && found->second.clone;
  return cloning ? found->second.clone->text : std::string();
}

Worktrees& Repositories::worktrees(const std::string& repository_path) {
  std::unique_ptr<Queue>& queue = queues_[repository_path];
  if (!queue)
    queue =
        std::make_unique<Queue>(io_, workers_.others(1), runner_, repository_path, paths_, slots_);
  return queue->worktrees;
}

}  // namespace yardmaster
