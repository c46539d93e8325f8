// An instance's own git worktree, on a branch of its own. Broker thread.
#pragma once

#include <boost/asio/thread_pool.hpp>

#include "coordinator/base/paths.h"
#include "coordinator/instances/git/repositories.h"
#include "coordinator/instances/resources/instance_resource.h"
#include "coordinator/instances/roles/instance_files.h"
#include "coordinator/instances/roles/roles.h"

namespace yardmaster {

class WorktreeResource final : public InstanceResource {
 public:
  // `roles` and `parts` tell which files of ours will be in it; `spared` gives processes that are
  // never ended. A clone is fetched first, for `fetch_timeout` at most; 0: never.
  WorktreeResource(boost::asio::io_context& io, boost::asio::thread_pool& workers,
                   FileWorkers& files, Repositories& repositories, StoreQueue& store, Paths paths,
                   const Roles& roles, FileParts parts,
                   std::function<std::vector<std::int64_t>()> spared,
                   std::chrono::nanoseconds fetch_timeout)
      : io_(io),
        workers_(workers),
        files_(files),
        repositories_(repositories),
        store_(store),
        paths_(std::move(paths)),
        roles_(roles),
        parts_(parts),
        spared_(std::move(spared)),
        fetch_timeout_(fetch_timeout) {}

  std::string_view name() const override { return "worktree"; }
  // Throws not_found or conflict about the repository.
  void plan(const InstanceRequest& request, Instance& instance) override;
  boost::asio::awaitable<void> acquire(Instance& instance) override;
  boost::asio::awaitable<Adoption> adopt(Instance& instance) override;
  Adoption probe(const Instance& instance) const override;
  // Saves first what is in no other place and notes it in the instance's `rescue`. For an instance
  // that never began, only a worktree that carries our mark is removed: the directory or branch for
  // which acquire() failed may be somebody else's.
  boost::asio::awaitable<void> release(Instance& instance, const Ending& ending) override;

 private:
  boost::asio::awaitable<void> fetch(Instance& instance, WorktreeRequest& request);
  boost::asio::awaitable<void> end_helpers(std::string token, bool force);

  boost::asio::io_context& io_;
  boost::asio::thread_pool& workers_;  // look through /proc
  FileWorkers& files_;
  Repositories& repositories_;
  StoreQueue& store_;
  Paths paths_;
  const Roles& roles_;
  FileParts parts_;
  std::function<std::vector<std::int64_t>()> spared_;
  std::chrono::nanoseconds fetch_timeout_;
};

}  // namespace yardmaster
