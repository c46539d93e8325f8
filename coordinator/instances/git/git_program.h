// The git program, called so that nothing of the user's configuration or of the daemon's
// environment changes what a call means: no hooks, no prompts, no collection of garbage, messages
// in English. Broker thread only.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "coordinator/base/error.h"
#include "coordinator/instances/processes/process_runner.h"

namespace yardmaster {

struct GitCall {
  std::filesystem::path directory;     // working directory; empty: the daemon's
  std::vector<std::string> arguments;  // after `git`
  std::vector<std::pair<std::string, std::string>> environment;
  std::string input;
  std::chrono::nanoseconds timeout = std::chrono::seconds(60);
  // Asked each second while it waits for a lock, with what git says of it; may be empty.
  std::function<boost::asio::awaitable<void>(std::string errors)> while_locked;
};

class GitProgram {
 public:
  explicit GitProgram(ProcessRunner& runner) : runner_(runner) {}

  // Throws timed_out, and not_found when git is not installed; how it ended is in the result. While
  // another program holds a lock that git needs, it is tried again, for ten seconds; so the call
  // must do all or nothing.
  boost::asio::awaitable<ProgramResult> run(GitCall call);
  // Returns git's output without the last newline. Throws git_error() unless git succeeds; `what`
  // says what could not be done: "cannot read the configuration of '/r'".
  boost::asio::awaitable<std::string> output(GitCall call, std::string what);
  // Makes one attempt, whatever the call.
  boost::asio::awaitable<ProgramResult> run_once(ProgramCall call);

  // The call as the runner gets it.
  static ProgramCall program_call(GitCall call);

  // Until it is destroyed, calls in a directory of this name carry the token, and so does what git
  // starts for them (filters): whoever ends all that carries it ends them, too. An empty one is
  // none.
  class Carried;
  Carried carry(const std::string& directory, const std::string& token);

 private:
  using Tokens = std::map<std::string, std::string>;  // by the directory's name

  ProcessRunner& runner_;
  std::shared_ptr<Tokens> tokens_ = std::make_shared<Tokens>();
};

class GitProgram::Carried {
 public:
  Carried(std::shared_ptr<Tokens> tokens, std::string directory, const std::string& token)
      : tokens_(std::move(tokens)), directory_(std::move(directory)) {
    if (!token.empty()) (*tokens_)[directory_] = token;
  }
  ~Carried() { tokens_->erase(directory_); }
  Carried(const Carried&) = delete;
  Carried& operator=(const Carried&) = delete;

 private:
  std::shared_ptr<Tokens> tokens_;
  std::string directory_;
};

inline GitProgram::Carried GitProgram::carry(const std::string& directory,
                                             const std::string& token) {
  return {tokens_, directory, token};
}

// "<what>: <why, in git's words>", or those alone when `what` is empty; with
// storage_full, timed_out (locked for too long) or conflict as its code.
Error git_error(const ProgramResult& result, const std::string& what);

// All that git says, and what it has run, in one line and in order, but for its progress. Without
// "fatal: " and "error: ", and the secrets of URLs.
std::string git_complaint(const std::string& errors);

}  // namespace yardmaster
