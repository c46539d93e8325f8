// The safety net below events: finds what belongs to no living instance (worktrees, processes,
// windows, sockets, files) and takes it back, and looks at all instances from time to time. Broker
// thread; directories and /proc are read on a worker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "coordinator/base/paths.h"
#include "coordinator/instances/git/repositories.h"
#include "coordinator/instances/git/semaphore.h"
#include "coordinator/instances/lifecycle/instance_manager.h"
#include "coordinator/instances/tmux/tmux_server.h"

namespace yardmaster {

// An action is something that was or would be done.
struct UpkeepAction {
  std::string action;    // "release", "probe", "remove", "end"
  std::string what;      // "instance", "worktree", "process", "window", "socket", "file", "trash"
  std::string instance;  // its instance, if that can be told
  std::string path;
  std::uint64_t bytes = 0;          // disk space
  std::vector<std::string> rescue;  // refs or directories with saved work
};

struct UpkeepReport {
  std::vector<UpkeepAction> actions;
  std::vector<std::string> troubles;  // one line per failure
};

class Upkeep {
 public:
  using OnWarning = std::function<void(const std::string& what)>;

  // `tmux` may be null.
  Upkeep(boost::asio::io_context& io, boost::asio::thread_pool& workers, FileWorkers& files,
         InstanceManager& instances, Repositories& repositories, TmuxServer* tmux, Paths paths,
         std::chrono::nanoseconds interval, OnWarning on_warning);

  // Inspects once, then every interval; must be called after reconcile().
  void start();
  void stop();
  // Inspects the instances soon, since something has changed.
  void hint();

  // Instances that are not as they are recorded, then everything that belongs to none; one run at a
  // time. What cannot be done holds nothing else up; on_warning hears of it, too.
  boost::asio::awaitable<UpkeepReport> run(bool ask_unknown, bool dry_run);

 private:
  boost::asio::awaitable<void> sweep();
  boost::asio::awaitable<void> attempt(UpkeepReport& report, boost::asio::awaitable<void> step);
  boost::asio::awaitable<void> repair(UpkeepReport& report, bool ask_unknown, bool dry_run);
  boost::asio::awaitable<void> sweep_repeatedly();
  boost::asio::awaitable<void> clean_worktrees(UpkeepReport& report, bool dry_run);
  boost::asio::awaitable<void> clean_worktree(UpkeepReport& report, std::filesystem::path path,
                                              std::string repository_path, bool dry_run);
  boost::asio::awaitable<void> clean_processes(UpkeepReport& report, bool dry_run);
  boost::asio::awaitable<void> end_processes(std::string token);
  boost::asio::awaitable<void> clean_windows(UpkeepReport& report, bool dry_run);
  boost::asio::awaitable<void> clean_files(UpkeepReport& report, bool dry_run);
  boost::asio::awaitable<void> remove_file(std::filesystem::path file);
  boost::asio::awaitable<std::vector<std::filesystem::path>> list(std::filesystem::path directory);
  boost::asio::awaitable<void> clean_trash(UpkeepReport& report, bool dry_run);

  boost::asio::io_context& io_;
  boost::asio::thread_pool& workers_;  // look through /proc
  FileWorkers& files_;
  InstanceManager& instances_;
  Repositories& repositories_;
  TmuxServer* tmux_;
  Paths paths_;
  std::chrono::nanoseconds interval_;
  OnWarning on_warning_;
  boost::asio::steady_timer timer_;
  Semaphore runs_;
  bool started_ = false;
  bool hinted_ = false;
  bool stopping_ = false;
};

}  // namespace yardmaster
