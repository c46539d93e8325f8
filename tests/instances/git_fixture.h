// Real repositories in a temporary directory, and a daemon's parts that work on them. The user's
// git configuration is the test's own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>

#include "coordinator/base/error.h"
#include "coordinator/instances/git/worktrees.h"
#include "coordinator/instances/processes/process_runner.h"
#include "tests/instances/coroutine_loop.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::support {

// Runs programs as the daemon does until it is told to stand still, as if the daemon were killed
// there or something else came first: the call does not return until it is thawed.
class FreezingRunner final : public ProcessRunner {
 public:
  FreezingRunner(boost::asio::io_context& io, ProcessRunner& inner)
      : inner_(inner), thawed_(io, std::chrono::steady_clock::time_point::max()) {}

  // Freezes before or after the next call that has this word.
  void freeze(std::string word, bool before) {
    word_ = std::move(word);
    fault_ = before ? Fault::freeze_before : Fault::freeze_after;
  }
  void thaw() {
    frozen_ = false;
    thawed_.cancel();
  }
  // The next call that has this word does its work, but is said to have taken too long.
  void time_out(std::string word) {
    word_ = std::move(word);
    fault_ = Fault::time_out;
  }
  bool frozen() const { return frozen_; }
  int calls() const { return calls_; }

  boost::asio::awaitable<ProgramResult> run(ProgramCall call) override;

 private:
  enum class Fault { freeze_before, freeze_after, time_out };

  ProcessRunner& inner_;
  boost::asio::steady_timer thawed_;
  std::string word_;
  Fault fault_ = Fault::freeze_before;
  bool frozen_ = false;
  std::atomic<int> calls_{0};
};

// The parts of one daemon; destroyed, they leave things as they are.
struct GitYard {
  GitYard(const std::filesystem::path& root, const std::filesystem::path& repository,
          std::chrono::nanoseconds file_timeout = usual_file_timeout);

  CoroutineLoop loop;
  FileWorkers workers;
  SystemProcessRunner system;
  FreezingRunner runner;
  CheckoutSlots slots;
  Worktrees worktrees;
};

class GitTest : public testing::Test {
 protected:
  GitTest();
  ~GitTest() override;

  // Runs git in a directory; fails the test unless it succeeds. Its output without the last
  // newline.
  std::string git(const std::filesystem::path& directory, std::vector<std::string> arguments) const;
  std::string git(std::vector<std::string> arguments) const { return git(repository_, arguments); }
  // Writes files and commits them.
  void commit_file(const std::filesystem::path& directory, const std::string& name,
                   const std::string& text) const;
  // A fresh daemon.
  void restart();
  Worktrees& worktrees() { return yard_->worktrees; }
  template <class T>
  T wait_for(boost::asio::awaitable<T> work) {
    return yard_->loop.wait_for(std::move(work));
  }
  // Adds a worktree with a branch as an instance of that name has them; returns its path.
  std::filesystem::path add(const std::string& name);
  RemovedWorktree remove(const std::string& name);
  std::filesystem::path path_of(const std::string& name) const { return yard_root_ / name; }
  static std::string branch_of(const std::string& name) { return "instance/" + name; }
  template <class T>
  ErrorCode code_of(boost::asio::awaitable<T> work) {
    try {
      wait_for(std::move(work));
    } catch (const Error& error) {
      message_ = error.what();
      return error.code();
    }
    return ErrorCode::internal;
  }
  // Returns everything that worktrees of instances leave in the repository: refs, registrations,
  // branches.
  std::string traces() const;
  // Returns what must not change: refs, stash, HEAD, index and files of the user.
  std::string users_things() const;

  TemporaryDirectory scratch_;
  std::filesystem::path repository_;
  std::filesystem::path yard_root_;  // directory of the worktrees
  std::unique_ptr<GitYard> yard_;
  std::string message_;  // the last error's
};

// Returns every file below a directory with its content, but not .git.
std::string tree_text(const std::filesystem::path& directory);

}  // namespace yardmaster::support
