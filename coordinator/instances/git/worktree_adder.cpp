#include "coordinator/instances/git/worktree_adder.h"

#include <exception>
#include <functional>
#include <system_error>

#include "coordinator/instances/git/ref_names.h"
#include "coordinator/instances/git/trash.h"
#include "coordinator/instances/git/worktree_files.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr auto checkout_timeout = std::chrono::minutes(15);
constexpr auto submodules_timeout = std::chrono::minutes(5);

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// In "'refs/heads/instance' exists; cannot create 'refs/heads/instance/a'".
std::string branch_in_the_way(const std::string& said) {
  const std::string prefix = "'refs/heads/";
  const std::size_t end = said.find("' exists; cannot create");
  const std::size_t begin = end == std::string::npos ? end : said.rfind(prefix, end);
  if (begin == std::string::npos) return "another";
  return said.substr(begin + prefix.size(), end - begin - prefix.size());
}

Error branch_error(const ProgramResult& result, const std::string& branch) {
  const std::string& said = result.errors;
  if (contains(said, "already exists")) {
    return {ErrorCode::already_exists, "there is a branch '" + branch + "' already"};
  }
  if (contains(said, "exists; cannot create")) {
    const std::string other = branch_in_the_way(said);
    return {ErrorCode::already_exists, "no branch can be called '" + branch + "' beside '" + other +
                                           "', whose name is a part of it or the reverse: "
                                           "give that one another name (git branch -m " +
                                           other + " OTHER)"};
  }
  return git_error(result, "cannot make the branch '" + branch + "'");
}

Error attach_error(const ProgramResult& result, const fs::path& path) {
  const std::string what = "cannot make the worktree '" + path.string() + "'";
  if (contains(result.errors, "already exists") || contains(result.errors, "already registered")) {
    return {ErrorCode::already_exists, what + ": " + git_complaint(result.errors)};
  }
  return git_error(result, what);
}

[[noreturn]] void rethrow(const std::exception_ptr& failure, const std::string& left) {
  if (left.empty()) std::rethrow_exception(failure);
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    throw Error(error.code(), std::string(error.what()) +
                                  "; what was begun stays until the next cleanup: " + left);
  }
}

// Blocking.
void require_free(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path, ignored))) return;
  throw Error(ErrorCode::already_exists,
              "cannot make the worktree '" + path.string() + "': it is there already");
}

// Blocking. Until finish() it can be told that no agent has been in the worktree.
fs::path prepare(const WorktreeRequest& request, const RepositoryConfig& config) {
  const fs::path admin = read_git_link(request.path);
  write_small_file(admin / unfinished_file, "");
  if (!request.own_files.empty()) {
    write_exclude(admin, request.own_files, config.excludes, config.may_be_per_worktree());
  }
  return admin;
}

// Blocking.
void finish(const fs::path& admin) {
  std::error_code ignored;
  fs::remove(admin / unfinished_file, ignored);
}

}  // namespace

asio::awaitable<std::string> WorktreeAdder::add(WorktreeRequest request, bool ours) {
  const fs::path common = co_await context_.common();
  const GitProgram::Carried carried = context_.git.carry(request.path.filename(), request.token);
  require_branch_name(request.branch);
  request.path = require_worktree_place(request.path, common);
  NewBranch branch{request.branch, "", ours};
  branch.commit = co_await resolve(common, request);
  RepositoryConfig config;
  if (!request.own_files.empty()) config = co_await read_config(common);
  co_await make(common, request, branch, config);
  std::exception_ptr failure;
  try {
    co_await fill(request, config);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return branch.commit;
  // Deleted, and not only moved away: the disk may be full.
  co_await remover_.discard(common, request.path);
  co_await empty_trash(context_.workers, context_.trash);
  [[maybe_unused]] const Semaphore::Permit turn = co_await context_.take_turn();
  const std::string left = co_await undo(common, branch);
  rethrow(failure, left);
}

asio::awaitable<void> WorktreeAdder::make(fs::path common, WorktreeRequest request,
                                          NewBranch branch, RepositoryConfig config) {
  Semaphore::Permit turn = co_await context_.take_turn();
  std::function<void()> check = [path = request.path] { require_free(path); };
  co_await context_.look(request.path, std::move(check));
  ++context_.additions[request.path.filename()];
  if (!request.own_files.empty()) co_await set_up(common, request, config);
  std::exception_ptr failure;
  bool made = false;
  bool ended = false;
  try {
    co_await make_branch(common, branch);
    made = true;
    co_await attach(common, request);
  } catch (const Error& error) {
    failure = std::current_exception();
    ended = error.code() == ErrorCode::timed_out;
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return;
  std::string left;
  if (ended && branch.ours) {
    turn.release();
    left = co_await remove_rest(request);
  } else if (made) {
    left = co_await undo(common, branch);
  }
  rethrow(failure, left);
}

asio::awaitable<std::string> WorktreeAdder::resolve(fs::path common, WorktreeRequest request) {
  std::string commit;
  if (!request.first_start.empty()) commit = co_await find_commit(common, request.first_start);
  if (commit.empty()) commit = co_await find_commit(common, request.start);
  if (!commit.empty()) co_return commit;
  throw Error(ErrorCode::not_found, "there is no such ref '" + request.start + "' in '" +
                                        context_.repository.string() + "'");
}

// Empty when there is none.
asio::awaitable<std::string> WorktreeAdder::find_commit(fs::path common, std::string start) {
  std::vector<std::string> arguments{"rev-parse", "--verify", "--quiet", "--end-of-options",
                                     start + "^{commit}"};
  GitCall call = RepositoryContext::call(common, std::move(arguments));
  ProgramResult result = co_await context_.git.run(std::move(call));
  if (!result.succeeded()) co_return std::string();
  result.output.erase(result.output.find('\n'));
  co_return result.output;
}

// Keeps our files out of what git takes for the agent's work.
asio::awaitable<void> WorktreeAdder::set_up(fs::path common, WorktreeRequest request,
                                            RepositoryConfig config) {
  if (config.may_be_per_worktree()) {
    if (!config.per_worktree) co_await allow_own_configuration(common);
    co_return;
  }
  std::function<void()> work = [common, files = request.own_files] {
    exclude_in_all_worktrees(common, files);
  };
  co_await context_.change(std::move(work));
}

asio::awaitable<RepositoryConfig> WorktreeAdder::read_config(fs::path common) {
  std::vector<std::string> arguments{"config", "--null", "--list"};
  GitCall call = RepositoryContext::call(common, std::move(arguments));
  const std::string list =
      co_await context_.git.output(std::move(call), "cannot read the repository's configuration");
  co_return parse_config(list);
}

// The mark first, so that it is known whose doing it is.
asio::awaitable<void> WorktreeAdder::allow_own_configuration(fs::path common) {
  const std::string what = "cannot allow worktrees a configuration";
  std::vector<std::string> mark{"config", std::string(allowed_by_us), "true"};
  co_await configure(common, std::move(mark), what);
  std::vector<std::string> allow{"config", "extensions.worktreeConfig", "true"};
  co_await configure(common, std::move(allow), what);
}

asio::awaitable<void> WorktreeAdder::forbid_own_configuration(fs::path common) {
  const RepositoryConfig config = co_await read_config(common);
  if (!config.allowed_by_us) co_return;
  const std::string what = "cannot take back the configuration of worktrees";
  if (config.per_worktree) {
    std::vector<std::string> forbid{"config", "--unset-all", "extensions.worktreeConfig"};
    co_await configure(common, std::move(forbid), what);
  }
  std::vector<std::string> unmark{"config", "--remove-section", "yardmaster"};
  co_await configure(common, std::move(unmark), what);
}

asio::awaitable<void> WorktreeAdder::configure(fs::path common, std::vector<std::string> arguments,
                                               std::string what) {
  GitCall call = RepositoryContext::call(common, std::move(arguments));
  call.while_locked = [this, common](std::string errors) {
    return context_.remove_stale_lock(common, std::move(errors));
  };
  co_await context_.git.output(std::move(call), what);
}

asio::awaitable<void> WorktreeAdder::make_branch(fs::path common, NewBranch branch) {
  // The marker first, so that a crash between the two never leaves a branch that no one owns.
  std::vector<RefChange> changes;
  if (branch.ours) {
    changes.push_back({RefChange::Kind::update, branch_marker(branch.name), branch.commit});
  }
  changes.push_back({RefChange::Kind::create, "refs/heads/" + branch.name, branch.commit});
  const ProgramResult result =
      co_await context_.update_refs(common, std::move(changes), "yardmaster: new worktree");
  if (!result.succeeded()) throw branch_error(result, branch.name);
}

asio::awaitable<std::string> WorktreeAdder::undo(fs::path common, NewBranch branch) {
  std::vector<RefChange> changes;
  changes.push_back({RefChange::Kind::remove, "refs/heads/" + branch.name, branch.commit});
  if (branch.ours) changes.push_back({RefChange::Kind::remove, branch_marker(branch.name), ""});
  std::string why;
  try {
    const ProgramResult result =
        co_await context_.update_refs(common, std::move(changes), "yardmaster: no worktree");
    if (!result.succeeded()) why = git_complaint(result.errors);
  } catch (const Error& error) {
    why = error.what();
  }
  co_return why;
}

asio::awaitable<std::string> WorktreeAdder::remove_rest(WorktreeRequest request) {
  const std::string name = request.path.filename();
  std::string why;
  try {
    const bool ours = co_await remover_.is_ours(request.path, request.branch);
    if (ours) co_await remover_.remove(request.path, request.branch, name);
  } catch (const Error& error) {
    why = error.what();
  }
  co_return why;
}

asio::awaitable<void> WorktreeAdder::attach(fs::path common, WorktreeRequest request) {
  std::vector<std::string> arguments{"worktree", "add",        "--quiet",     "--no-checkout",
                                     "--",       request.path, request.branch};
  GitCall call = RepositoryContext::call(common, std::move(arguments));
  const ProgramResult result = co_await context_.git.run(std::move(call));
  if (!result.succeeded()) throw attach_error(result, request.path);
}

asio::awaitable<void> WorktreeAdder::fill(WorktreeRequest request, RepositoryConfig config) {
  std::function<fs::path()> before = [request, config] { return prepare(request, config); };
  const fs::path admin = co_await context_.change(std::move(before));
  const Semaphore::Permit slot = co_await context_.slots.acquire();
  GitCall call;
  call.directory = request.path;
  call.arguments = {"reset", "--hard", "--quiet", "--no-recurse-submodules"};
  call.timeout = checkout_timeout;
  const ProgramResult result = co_await context_.git.run(std::move(call));
  if (!result.succeeded()) {
    throw git_error(result, "cannot check out '" + request.path.string() + "'");
  }
  co_await init_submodules(request);
  std::function<void()> after = [admin] { return finish(admin); };
  co_await context_.change(std::move(after));
}

// A worktree without them is of use, too, so what goes wrong is only said.
asio::awaitable<void> WorktreeAdder::init_submodules(WorktreeRequest request) {
  std::function<bool()> look = [path = request.path] {
    std::error_code ignored;
    return fs::is_regular_file(fs::symlink_status(path / ".gitmodules", ignored));
  };
  const bool has_some = co_await context_.look(request.path, std::move(look));
  if (!has_some) co_return;
  GitCall call;
  call.directory = request.path;
  call.arguments = {"submodule", "--quiet", "update", "--init", "--recursive"};
  call.timeout = submodules_timeout;
  std::string why;
  try {
    const ProgramResult result = co_await context_.git.run(std::move(call));
    if (!result.succeeded()) why = git_complaint(result.errors);
  } catch (const Error& error) {
    why = error.what();
  }
  if (!why.empty() && request.on_note) {
    request.on_note("its submodules could not be initialised: " + why);
  }
}

}  // namespace yardmaster
