// A terminal of the test's own: tmux, with one program in it, 80 by 24 at first. Ends with the
// object. Main thread.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/child_process.h"
#include "tests/support/deadline.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::support {

class TmuxTerminal {
 public:
  explicit TmuxTerminal(const std::vector<std::string>& program) {
    std::vector<std::string> words{"-f", "/dev/null", "new-session", "-d",  "-x",
                                   "80", "-y",        "24",          "env", "LANG=C.UTF-8"};
    words.insert(words.end(), program.begin(), program.end());
    tmux(words);
    tmux({"set-option", "-g", "status", "off"});
  }
  ~TmuxTerminal() { run({.argv = {"tmux", "-S", socket(), "kill-server"}}); }
  TmuxTerminal(const TmuxTerminal&) = delete;
  TmuxTerminal& operator=(const TmuxTerminal&) = delete;

  std::string screen() const { return tmux({"capture-pane", "-p"}); }
  std::string coloured_screen() const { return tmux({"capture-pane", "-p", "-e"}); }
  void type(const std::string& text) const { tmux({"send-keys", "-l", "--", text}); }
  void press(const std::string& key) const { tmux({"send-keys", key}); }
  void enter(const std::string& line) const {
    type(line);
    press("Enter");
  }
  void resize(int width, int height) const {
    tmux({"resize-window", "-x", std::to_string(width), "-y", std::to_string(height)});
  }
  bool is_open() const { return run({.argv = {"tmux", "-S", socket(), "ls"}}).status == 0; }
  bool closes() const {
    return eventually([&] { return !is_open(); });
  }
  bool shows(const std::string& text) const {
    return eventually([&] { return screen().find(text) != std::string::npos; });
  }
  bool shows_no_more(const std::string& text) const {
    return eventually([&] { return screen().find(text) == std::string::npos; });
  }

 private:
  std::string socket() const { return place_ / "socket"; }
  std::string tmux(std::vector<std::string> words) const {
    words.insert(words.begin(), {"tmux", "-S", socket()});
    const Finished finished = run({.argv = words});
    EXPECT_EQ(finished.status, 0) << finished.errors;
    return finished.output;
  }

  TemporaryDirectory place_;
};

}  // namespace yardmaster::support
