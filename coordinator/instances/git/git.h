// Questions to git that need no repository of ours, and clones. Broker thread only; every call is a
// coroutine that throws Error.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "coordinator/instances/git/git_program.h"
#include "coordinator/instances/processes/process_runner.h"

namespace yardmaster {

struct RepositoryFacts {
  std::filesystem::path path;              // top of the working tree, or the bare directory
  std::filesystem::path common_directory;  // shared by its worktrees: .git, or the bare directory
  std::string base_branch;  // the current branch, else origin's, else "" (detached or empty)
  std::string origin_url;
  bool bare = false;
};

// The progress of a clone, which others may read, and their way to end the clone.
struct CloneProgress {
  std::string text;  // git's latest line: "Receiving objects:  42% (417/993)"
  std::shared_ptr<ProgramCancel> cancel = std::make_shared<ProgramCancel>();
};

class Git {
 public:
  explicit Git(ProcessRunner& runner) : git_(runner) {}

  // "2.39.5"; asked once. Throws unsupported when git is older than 2.36 or not installed.
  boost::asio::awaitable<std::string> version();
  // Throws invalid_request when there is no repository, or git does not trust its owner.
  boost::asio::awaitable<RepositoryFacts> inspect(std::filesystem::path path);
  // The directory is there when it is complete, and not before: it is made under another name
  // beside it. Throws already_exists, unavailable (the message is only why: what git
  // says, or that it was cancelled), storage_full. `progress` may be null.
  boost::asio::awaitable<void> clone(std::string url, std::filesystem::path directory,
                                     std::shared_ptr<CloneProgress> progress);

 private:
  boost::asio::awaitable<std::string> base_branch(std::filesystem::path directory);
  // The answer, or "" when git has none.
  boost::asio::awaitable<std::string> ask(std::filesystem::path directory,
                                          std::vector<std::string> arguments);
  boost::asio::awaitable<void> remove_leftovers(std::filesystem::path directory);
  boost::asio::awaitable<void> remove_tree(std::filesystem::path directory);

  GitProgram git_;
  std::string version_;  // "": not asked yet, or refused
};

}  // namespace yardmaster
