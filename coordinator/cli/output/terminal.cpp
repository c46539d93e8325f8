#include "coordinator/cli/output/terminal.h"

#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/cli/output/display_text.h"

namespace yardmaster::cli {
namespace {

constexpr std::size_t default_width = 80;  // assumed for a terminal that does not report its width

std::size_t width_of(int fd) {
  if (::isatty(fd) == 0) return 0;
  winsize size{};
  const bool told = ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return told ? size.ws_col : default_width;
}

}  // namespace

std::size_t terminal_width() { return width_of(STDOUT_FILENO); }

bool is_interactive() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

bool confirm(const std::string& question, bool yes, bool interactive, std::istream& in,
             std::ostream& out) {
  if (yes) return true;
  if (!interactive) {
    throw Error(ErrorCode::usage, "nobody is there to ask; say --yes to go on without a question");
  }
  out << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(in, answer);
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes";
}

StatusLine::StatusLine() : width_(width_of(STDERR_FILENO)) {}

void StatusLine::show(const std::string& text) {
  if (width_ == 0) return;
  std::string line = cut(one_line(text), width_ - 1);
  if (line == shown_) return;
  std::cerr << "\r" << line << "\x1b[K" << std::flush;
  shown_ = std::move(line);
}

void StatusLine::clear() {
  if (shown_.empty()) return;
  std::cerr << "\r\x1b[K" << std::flush;
  shown_.clear();
}

}  // namespace yardmaster::cli
