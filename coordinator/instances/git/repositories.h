// The repositories that instances work in: the store's table, kept in memory too, with the queue
// for git of each. Clones run in the background. Broker thread only; coroutines on its io_context.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "coordinator/base/paths.h"
#include "coordinator/domain/repository.h"
#include "coordinator/instances/git/git.h"
#include "coordinator/instances/git/kept_files.h"
#include "coordinator/instances/git/worktrees.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

struct RepositoryRequest {
  std::string name;  // empty: after the directory or the URL
  std::string path;  // path of a checkout on this machine; or
  std::string url;   // URL to clone
  std::string base_branch;
  std::string tmux_session;
};

class Repositories {
 public:
  // Called with a line about what failed in the background.
  using OnWarning = std::function<void(const std::string& what)>;

  Repositories(boost::asio::io_context& io, FileWorkers& workers, StoreQueue& store,
               ProcessRunner& runner, Paths paths, std::size_t checkout_jobs, OnWarning on_warning);

  // Must be called once, before anything else. A clone that an earlier daemon did not finish has
  // failed, which is only known here when the disk is too full to note it.
  boost::asio::awaitable<void> load();

  // Replies at once for a clone, which goes on in the background. Throws invalid_request (not a
  // repository, no such branch), already_exists (the name, or an earlier clone's directory),
  // unsupported (too old a git).
  boost::asio::awaitable<Repository> add(RepositoryRequest request);
  // Forgets it, cancels its clone if that is under way. Returns the directory that is left on disk,
  // if any: one that was there before, or a clone with work that is nowhere else, or of which that
  // cannot be told.
  boost::asio::awaitable<std::string> remove(std::string name);

  // Throws not_found.
  const Repository& find(const std::string& name) const;
  // Does the same, and throws conflict while the repository is being cloned or when that failed.
  const Repository& require_ready(const std::string& name) const;
  std::vector<Repository> list() const;  // by name
  // The latest line of git's about a clone that is under way; else empty.
  std::string progress(const std::string& name) const;

  // Asks the origin of a clone of ours for its latest. Returns why it could not be; empty when it
  // was, or when there is nothing to ask for.
  boost::asio::awaitable<std::string> fetch(std::string name, std::chrono::nanoseconds timeout);
  // The git queue of a repository, also of one that has been removed meanwhile.
  Worktrees& worktrees(const std::string& repository_path);
  // What no commit could hold, of all repositories, also such that are not known any more.
  boost::asio::awaitable<std::vector<KeptDirectory>> kept_directories();
  // Deletes what removed worktrees left, in the background.
  void empty_trash_soon();

 private:
  struct Entry {
    Repository repository;
    std::shared_ptr<CloneProgress> clone;  // while it is under way
  };

  Repository planned(const RepositoryRequest& request) const;
  boost::asio::awaitable<bool> is_there(std::filesystem::path path);
  boost::asio::awaitable<void> fill_in(Repository& repository);
  boost::asio::awaitable<void> require_some_commit(const Repository& repository);
  boost::asio::awaitable<void> require_commit(const Repository& repository);
  boost::asio::awaitable<void> take_back_settings(std::string path);
  boost::asio::awaitable<void> discard(std::filesystem::path directory);
  boost::asio::awaitable<void> clone(std::string name, std::string url,
                                     std::shared_ptr<CloneProgress> progress);
  boost::asio::awaitable<void> finish_clone(std::string name, std::string failure);
  boost::asio::awaitable<void> require_no_earlier_clone(const Repository& repository);
  boost::asio::awaitable<bool> has_work_of_its_own(std::filesystem::path clone);
  boost::asio::awaitable<bool> find_work(std::filesystem::path clone);
  Entry& require(const std::string& name);

  boost::asio::io_context& io_;
  FileWorkers& workers_;
  StoreQueue& store_;
  ProcessRunner& runner_;
  Paths paths_;
  OnWarning on_warning_;
  Git git_;
  GitProgram git_program_;
  CheckoutSlots slots_;
  std::unordered_map<std::string, Entry> entries_;
  // A repository whose files cannot be read in time holds up no other.
  struct Queue {
    Queue(boost::asio::io_context& io, std::unique_ptr<FileWorkers> own_worker,
          ProcessRunner& runner, const std::string& path, const Paths& paths, CheckoutSlots& slots)
        : worker(std::move(own_worker)),
          worktrees(io, *worker, runner, path, paths.trash(), paths.kept_files(), slots) {}
    ~Queue() { worker->close(); }
    Queue(const Queue&) = delete;
    Queue& operator=(const Queue&) = delete;

    std::unique_ptr<FileWorkers> worker;
    Worktrees worktrees;
  };
  std::unordered_map<std::string, std::unique_ptr<Queue>> queues_;  // by path
};

}  // namespace yardmaster
