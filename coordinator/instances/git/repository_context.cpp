#include "coordinator/instances/git/repository_context.h"

#include <functional>

#include "coordinator/instances/git/stale_lock.h"
#include "coordinator/instances/git/worktree_files.h"
#include "coordinator/instances/processes/run_on.h"

namespace yardmaster {

namespace asio = boost::asio;
namespace fs = std::filesystem;

asio::awaitable<std::optional<fs::path>> RepositoryContext::find_common() {
  std::function<std::optional<fs::path>()> work = [this] {
    return find_common_directory(repository);
  };
  co_return co_await run_on(workers, std::move(work));
}

asio::awaitable<fs::path> RepositoryContext::common() {
  const std::optional<fs::path> found = co_await find_common();
  if (!found) {
    throw Error(ErrorCode::not_found,
                "there is no git repository in '" + repository.string() + "' any more");
  }
  co_return *found;
}

GitCall RepositoryContext::call(const fs::path& common, std::vector<std::string> arguments) {
  GitCall call;
  call.directory = common;
  call.arguments = std::move(arguments);
  call.arguments.insert(call.arguments.begin(), "--git-dir=" + common.string());
  return call;
}

asio::awaitable<ProgramResult> RepositoryContext::update_refs(fs::path common, std::string commands,
                                                              std::string reason) {
  std::vector<std::string> arguments{"update-ref", "-m", std::move(reason), "--stdin"};
  GitCall update = call(common, std::move(arguments));
  update.input = std::move(commands);
  update.while_locked = [this, common](std::string errors) {
    return remove_stale_lock(common, std::move(errors));
  };
  co_return co_await git.run(std::move(update));
}

asio::awaitable<void> RepositoryContext::remove_stale_lock(fs::path common, std::string errors) {
  const fs::path lock = lock_named_in(errors);
  std::function<bool()> work = [&] { return yardmaster::remove_stale_lock(common, lock); };
  co_await run_on(workers, std::move(work));
}

}  // namespace yardmaster
