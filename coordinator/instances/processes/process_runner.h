// Runs programs (git) to their end without blocking the broker thread. Broker thread only.
//
// A program gets a session of its own and an open descriptor of the runner's lock file. When the
// daemon is killed, the kernel sends it SIGTERM, upon which git removes its lock files; the next
// daemon waits, through the lock file, until the last of them and of their children has ended.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "coordinator/base/unique_fd.h"
#include "coordinator/instances/processes/file_workers.h"

namespace yardmaster {

// Ends a program before its time. It may be cancelled before the program starts, and serve several
// programs one after the other.
class ProgramCancel {
 public:
  void cancel() {
    cancelled_ = true;
    if (end_) end_();
  }
  bool cancelled() const { return cancelled_; }

 private:
  friend class RunningProgram;
  bool cancelled_ = false;
  std::function<void()> end_;
};

struct ProgramCall {
  std::vector<std::string> argv;    // no shell; argv[0] is looked up on PATH
  std::filesystem::path directory;  // empty: the daemon's
  std::vector<std::pair<std::string, std::string>> environment;  // added to the daemon's own
  std::vector<std::string> dropped_variables;                    // taken out of the daemon's own
  std::string input;                                             // standard input
  // A program that takes longer gets SIGTERM with its children, and SIGKILL two seconds later.
  std::chrono::nanoseconds timeout = std::chrono::seconds(60);
  // Called with each piece of standard error that \n or \r ends, as it comes; it must not throw.
  std::function<void(std::string_view line)> on_error_line;
  std::shared_ptr<ProgramCancel> cancel;  // may be null
  // Says whether the next daemon waits for this program. It must not for a program whose helpers
  // outlive it on purpose, as git's credential cache does.
  bool holds_lock = true;
};

struct ProgramResult {
  int status = 0;  // its exit status; 128 + n when signal n ended it
  std::string output;
  std::string errors;  // the last 256 KiB of it
  bool timed_out = false;
  bool cancelled = false;

  bool succeeded() const { return status == 0 && !timed_out && !cancelled; }
};

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  // Throws not_found when there is no such program or directory, unavailable when the system
  // cannot start one more or its directory does not answer. How the program ended is in the result.
  virtual boost::asio::awaitable<ProgramResult> run(ProgramCall call) = 0;
};

class SystemProcessRunner final : public ProcessRunner {
 public:
  // Hears of each program that has ended: its name without a directory, how it ended, and after
  // what time. Must not throw.
  using OnEnded = std::function<void(std::string_view program, bool succeeded,
                                     std::chrono::nanoseconds duration)>;

  // `file_mask`: the programs' umask, when it is not to be this process's; `start_timeout`: how
  // long a start may stand still, as in a directory that does not answer. Throws unavailable when
  // the lock file cannot be made.
  SystemProcessRunner(boost::asio::io_context& io, std::filesystem::path lock_file,
                      std::optional<mode_t> file_mask = std::nullopt,
                      std::chrono::nanoseconds start_timeout = usual_file_timeout);
  // Sends SIGTERM to the programs that still run.
  ~SystemProcessRunner() override = default;

  boost::asio::awaitable<ProgramResult> run(ProgramCall call) override;
  void on_ended(OnEnded callback) { on_ended_ = std::move(callback); }
  // Returns when no program of an earlier daemon runs any more; throws timed_out.
  boost::asio::awaitable<void> wait_for_leftovers(std::chrono::nanoseconds timeout);

 private:
  bool take_lock();

  boost::asio::io_context& io_;
  std::filesystem::path lock_file_;
  std::optional<mode_t> file_mask_;
  OnEnded on_ended_;
  UniqueFd lock_;
  bool locked_ = false;
  // Starts the programs: until exec the starting thread stands still, and the kernel sends the
  // signal of the parent's death when that very thread ends. So it is one that lives as long as
  // the runner.
  FileWorkers starter_;
};

}  // namespace yardmaster
