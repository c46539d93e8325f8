// A tmux server of the test's own, gone with the test.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "coordinator/instances/tmux/tmux_server.h"
#include "tests/instances/coroutine_loop.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::support {

using Names = std::vector<std::string>;

class TmuxTest : public testing::Test {
 protected:
  // Ends the server, and fails when it cannot be ended.
  void TearDown() override;

  // The server ends soon after this process does, also when that is killed; open() and list() ask
  // for it.
  void end_server_with_this_process();

  // Throws what open_window() throws.
  TmuxPane open(const std::string& window, const std::vector<std::string>& argv,
                const std::string& session = "yard-test");
  // A window with a program that stays.
  TmuxPane open(const std::string& window) { return open(window, {"sleep", "60"}); }
  std::optional<std::vector<TmuxPane>> list();
  // Returns the code of the error that the call throws, which has one line of text.
  static ErrorCode code_of(const std::function<void()>& call);
  // Returns the pid of the process that connects the test's TmuxServer.
  pid_t client_pid() const;
  // Waits until a change beyond the first `before` ones has been reported.
  bool told_since(int before) {
    return loop_.run_until([&] { return changes_ > before; });
  }
  // "session:window", sorted.
  std::vector<std::string> windows();
  std::optional<TmuxPane> find(const std::string& pane);
  // Waits until the program in the pane has ended.
  TmuxPane ended(const std::string& pane);
  // Runs a tmux command as somebody else would.
  Finished outside(std::vector<std::string> words) const;
  // A program's log: what it has said, once that ends with `end`.
  std::string output_ending_with(const std::filesystem::path& log, const std::string& end);
  static std::string log_command(const std::filesystem::path& log);

  // A question that every terminal answers.
  static constexpr const char* shown_mark = "\033[5n";
  // A program that prints what `command` does, and shown_mark, and ends once the terminal has
  // answered. Before that tmux 3.3a may lose what was printed: it closes the terminal of a program
  // that has ended, and does not ask for what the kernel has not passed on by then.
  static std::vector<std::string> says(const std::string& command,
                                       const std::string& end = "exit 0");

  TemporaryDirectory directory_;
  const std::filesystem::path socket_ = directory_ / "t.sock";
  CoroutineLoop loop_;
  std::int64_t watched_server_ = 0;
  int changes_ = 0;
  std::vector<std::string> trouble_;
  boost::asio::thread_pool workers_{1};
  TmuxServer tmux_{loop_.io(), workers_, socket_, [this] { ++changes_; },
                   [this](const std::string& what) { trouble_.push_back(what); }};
};

}  // namespace yardmaster::support
