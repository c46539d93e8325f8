// The line that a person is writing in the control pane, with its history and completion. Pure,
// one thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "coordinator/cli/control/pane_commands.h"

namespace yardmaster::cli {

class CommandEntry {
 public:
  bool is_open() const { return open_; }
  const std::string& text() const { return text_; }

  void open(const std::string& text);
  void close();
  // Bytes of UTF-8 text; control characters are left out.
  void add(char byte);
  // Takes the last character away; closes an empty line.
  void erase_last();
  void clear() { text_.clear(); }
  void earlier();
  void later();
  // Goes on as far as all that it could be allows; returns the choices when there are several.
  std::vector<std::string> complete(const Completable& known);
  // Closes the line, keeps it in the history, and returns it.
  std::string take();

 private:
  bool open_ = false;
  std::string text_;
  std::vector<std::string> history_;
  std::size_t at_ = 0;  // in the history; its size: the line that is being written
};

}  // namespace yardmaster::cli
