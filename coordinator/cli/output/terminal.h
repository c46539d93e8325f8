// These functions ask the terminal for facts and answers, and show on it what is not a command's
// result. Main thread.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>

namespace yardmaster::cli {

// Returns the columns of standard output; 0 when it is no terminal, and then nothing is to be cut.
std::size_t terminal_width();

// Returns whether a person sits at both ends: standard input and output are terminals.
bool is_interactive();

// True when `yes` was said or the answer to the question is; throws Error{usage} that says what to
// do when nobody is there to answer. Anything but y or yes is a no, and so is the end of the input.
bool confirm(const std::string& question, bool yes, bool interactive, std::istream& in,
             std::ostream& out);

// One line on standard error that is written over and over, for as long as this lives; nothing when
// standard error is no terminal.
class StatusLine {
 public:
  StatusLine();
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void show(const std::string& text);
  void clear();

 private:
  std::size_t width_ = 0;
  std::string shown_;
};

}  // namespace yardmaster::cli
