#include "coordinator/instances/git/worktree_adder.h"

#include <exception>
#include <functional>
#include <system_error>

#include "coordinator/instances/git/ref_names.h"
#include "coordinator/instances/git/trash.h"
#include "coordinator/instances/git/worktree_files.h"
#include "coordinator/instances/processes/run_on.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr auto checkout_timeout = std::chrono::minutes(15);

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Error branch_error(const ProgramResult& result, const std::string& branch) {
  const std::string& said = result.errors;
  if (contains(said, "already exists")) {
    return {ErrorCode::already_exists, "there is a branch '" + branch + "' already"};
  }
  if (contains(said, "exists; cannot create")) {
    return {ErrorCode::already_exists,
            "there is a branch whose name is a part of '" + branch + "', or the reverse"};
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
  require_branch_name(request.branch);
  request.path = require_worktree_place(request.path, common);
  NewBranch branch{request.branch, "", ours};
  branch.commit = co_await resolve(common, request.start);
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
  [[maybe_unused]] const Semaphore::Permit turn = co_await context_.changes.acquire();
  const std::string left = co_await undo(common, branch);
  rethrow(failure, left);
}

asio::awaitable<void> WorktreeAdder::make(fs::path common, WorktreeRequest request,
                                          NewBranch branch, RepositoryConfig config) {
  Semaphore::Permit turn = co_await context_.changes.acquire();
  std::function<void()> check = [&request] { require_free(request.path); };
  co_await run_on(context_.workers, std::move(check));
  ++context_.additions[request.path.filename()];
  const bool configure = !request.own_files.empty() && config.may_be_per_worktree();
  if (configure && !config.per_worktree) co_await allow_own_configuration(common);
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

asio::awaitable<std::string> WorktreeAdder::resolve(fs::path common, std::string start) {
  std::vector<std::string> arguments{"rev-parse", "--verify", "--quiet", "--end-of-options",
                                     start + "^{commit}"};
  GitCall call = RepositoryContext::call(common, std::move(arguments));
  ProgramResult result = co_await context_.git.run(std::move(call));
  if (!result.succeeded()) {
    throw Error(ErrorCode::not_found,
                "there is no such ref '" + start + "' in '" + context_.repository.string() + "'");
  }
  result.output.erase(result.output.find('\n'));
  co_return result.output;
}

asio::awaitable<RepositoryConfig> WorktreeAdder::read_config(fs::path common) {
  std::vector<std::string> arguments{"config", "--null", "--list"};
  GitCall call = RepositoryContext::call(common, std::move(arguments));
  const std::string list =
      co_await context_.git.output(std::move(call), "cannot read the repository's configuration");
  co_return parse_config(list);
}

asio::awaitable<void> WorktreeAdder::allow_own_configuration(fs::path common) {
  std::vector<std::string> arguments{"config", "extensions.worktreeConfig", "true"};
  GitCall call = RepositoryContext::call(common, std::move(arguments));
  co_await context_.git.output(std::move(call), "cannot allow worktrees a configuration");
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
  std::function<fs::path()> before = [&] { return prepare(request, config); };
  const fs::path admin = co_await run_on(context_.workers, std::move(before));
  const Semaphore::Permit slot = co_await context_.slots.acquire();
  GitCall call;
  call.directory = request.path;
  call.arguments = {"reset", "--hard", "--quiet", "--no-recurse-submodules"};
  call.timeout = checkout_timeout;
  const ProgramResult result = co_await context_.git.run(std::move(call));
  if (!result.succeeded()) {
    throw git_error(result, "cannot check out '" + request.path.string() + "'");
  }
  std::function<void()> after = [&admin] { return finish(admin); };
  co_await run_on(context_.workers, std::move(after));
}

}  // namespace yardmaster
