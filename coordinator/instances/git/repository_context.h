// The context is shared by all work on one repository: it says where the repository is, and has the
// one queue in which its changes happen. Broker thread only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "coordinator/instances/git/git_program.h"
#include "coordinator/instances/git/semaphore.h"
#include "coordinator/instances/processes/file_workers.h"

namespace yardmaster {

// A part of a transaction of refs.
struct RefChange {
  enum class Kind { create, update, remove };

  Kind kind = Kind::create;
  std::string ref;     // whole: "refs/heads/main"
  std::string commit;  // its new one; for `remove` the one that it must have, "": any
};

struct RepositoryContext {
  RepositoryContext(boost::asio::io_context& io, FileWorkers& file_workers, ProcessRunner& runner,
                    std::filesystem::path repository_path, std::filesystem::path trash_directory,
                    std::filesystem::path kept_files_directory, CheckoutSlots& checkout_slots)
      : workers(file_workers),
        git(runner),
        repository(std::move(repository_path)),
        trash(std::move(trash_directory)),
        kept_files(std::move(kept_files_directory)),
        slots(checkout_slots),
        changes(io, 1) {}

  // nullopt when there is no repository, so that git never finds another one in a directory above.
  boost::asio::awaitable<std::optional<std::filesystem::path>> find_common();
  // Throws not_found instead.
  boost::asio::awaitable<std::filesystem::path> common();

  // Runs work on files in a worker, which owns what it uses. `look` is for what changes nothing
  // that the repository shares and concerns what is at `path`; `change` for the rest: while one is
  // overdue, nobody else changes the repository. They throw unavailable then (file_workers.h).
  template <class Result>
  boost::asio::awaitable<Result> look(const std::filesystem::path& path,
                                      std::function<Result()> work) {
    return workers.run(std::move(work), path.string());
  }
  template <class Result>
  boost::asio::awaitable<Result> change(std::function<Result()> work) {
    return workers.run(std::move(work), repository.string());
  }
  // Waits in the queue; throws unavailable when the repository does not answer.
  boost::asio::awaitable<Semaphore::Permit> take_turn();

  // A call that concerns all of the repository, in no working tree.
  static GitCall call(const std::filesystem::path& common, std::vector<std::string> arguments);
  // A transaction of refs, all or nothing. Locks of our refs that a killed git left are removed
  // (stale_lock.h). Throws invalid_request when a name cannot be a ref's.
  boost::asio::awaitable<ProgramResult> update_refs(std::filesystem::path common,
                                                    std::vector<RefChange> wanted,
                                                    std::string reason);

  boost::asio::awaitable<void> remove_stale_lock(std::filesystem::path common, std::string errors);

  FileWorkers& workers;
  GitProgram git;
  std::filesystem::path repository;
  std::filesystem::path trash;
  std::filesystem::path kept_files;
  CheckoutSlots& slots;
  Semaphore changes;  // one permit: the queue
  // The number of times that a worktree was added, by its directory's name; it is changed and
  // compared in the queue, so that a removal that waited there does not take the next worktree of
  // that name.
  std::map<std::string, std::uint64_t> additions = {};
};

}  // namespace yardmaster
