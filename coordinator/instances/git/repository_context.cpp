#include "coordinator/instances/git/repository_context.h"

#include <functional>

#include "coordinator/instances/git/ref_names.h"
#include "coordinator/instances/git/stale_lock.h"
#include "coordinator/instances/git/worktree_files.h"

namespace yardmaster {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

// In the language of `update-ref -z --stdin`, whose fields end with a zero.
std::string command_of(const RefChange& change) {
  const auto has_zero = [](const std::string& text) {
    return text.find('\0') != std::string::npos;
  };
  if (!is_valid_ref_name(change.ref) || has_zero(change.commit)) {
    throw Error(ErrorCode::invalid_request, "'" + change.ref + "' cannot be a ref's name");
  }
  const std::string ref = change.ref + '\0';
  const std::string commit = change.commit + '\0';
  if (change.kind == RefChange::Kind::create) return "create " + ref + commit;
  if (change.kind == RefChange::Kind::remove) return "delete " + ref + commit;
  return "update " + ref + commit + '\0';  // whatever it was
}

}  // namespace

asio::awaitable<std::optional<fs::path>> RepositoryContext::find_common() {
  std::function<std::optional<fs::path>()> work = [path = repository] {
    return find_common_directory(path);
  };
  co_return co_await look(repository, std::move(work));
}

asio::awaitable<fs::path> RepositoryContext::common() {
  const std::optional<fs::path> found = co_await find_common();
  if (!found) {
    throw Error(ErrorCode::not_found,
                "there is no git repository in '" + repository.string() + "' any more");
  }
  co_return *found;
}

asio::awaitable<Semaphore::Permit> RepositoryContext::take_turn() {
  Semaphore::Permit turn = co_await changes.acquire();
  workers.require_answering(repository.string());
  co_return turn;
}

GitCall RepositoryContext::call(const fs::path& common, std::vector<std::string> arguments) {
  GitCall call;
  call.directory = common;
  call.arguments = std::move(arguments);
  call.arguments.insert(call.arguments.begin(), "--git-dir=" + common.string());
  return call;
}

asio::awaitable<ProgramResult> RepositoryContext::update_refs(fs::path common,
                                                              std::vector<RefChange> wanted,
                                                              std::string reason) {
  std::vector<std::string> arguments{"update-ref", "-m", std::move(reason), "-z", "--stdin"};
  GitCall update = call(common, std::move(arguments));
  for (const RefChange& change : wanted) update.input += command_of(change);
  update.while_locked = [this, common](std::string errors) {
    return remove_stale_lock(common, std::move(errors));
  };
  co_return co_await git.run(std::move(update));
}

asio::awaitable<void> RepositoryContext::remove_stale_lock(fs::path common, std::string errors) {
  const fs::path lock = lock_named_in(errors);
  std::function<bool()> work = [common, lock] {
    return yardmaster::remove_stale_lock(common, lock);
  };
  co_await change(std::move(work));
}

}  // namespace yardmaster
