#include "coordinator/cli/output/follow_log.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"
#include "coordinator/cli/output/plain_text.h"

namespace yardmaster::cli {
namespace {

UniqueFd open_log(const std::filesystem::path& file) {
  return UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
}

class Printer {
 public:
  explicit Printer(bool raw) : raw_(raw) {}

  void print_rest(const UniqueFd& log) {
    std::array<char, 65536> buffer{};
    ssize_t count = 0;
    while ((count = ::read(log.get(), buffer.data(), buffer.size())) > 0) {
      const std::string_view piece(buffer.data(), static_cast<std::size_t>(count));
      if (raw_) {
        std::cout << piece;
      } else {
        std::cout << plain_.take(piece);
      }
    }
    std::cout.flush();
  }

 private:
  bool raw_;
  PlainText plain_;
};

bool is_same_file(const UniqueFd& log, const std::filesystem::path& file) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(log.get(), &opened) == 0 && ::stat(file.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

struct Tail {
  off_t begin = 0;          // where the requested lines begin
  std::uint64_t lines = 0;  // how many lines there are from there on
};

// Reads from the end, a block at a time. A last line that is not ended counts.
Tail find_tail(const UniqueFd& log, std::uint64_t wanted) {
  struct stat found {};
  if (::fstat(log.get(), &found) != 0 || found.st_size == 0) return {};
  if (wanted == 0) return {found.st_size, 0};
  std::array<char, 65536> buffer{};
  std::uint64_t lines = 0;
  off_t end = found.st_size - 1;  // whatever the last byte is, it belongs to the last line
  while (end > 0) {
    const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(buffer.size()));
    const ssize_t count =
        ::pread(log.get(), buffer.data(), static_cast<std::size_t>(end - begin), begin);
    if (count <= 0) break;
    for (ssize_t at = count; at-- > 0;) {
      if (buffer.at(static_cast<std::size_t>(at)) != '\n') continue;
      if (++lines == wanted) return {begin + at + 1, wanted};
    }
    end = begin;
  }
  return {0, lines + 1};
}

// Moves to where the last lines begin; `earlier` gives those that the log is short of.
void skip_to_tail(const UniqueFd& log, const UniqueFd& earlier, std::uint64_t wanted) {
  const Tail tail = find_tail(log, wanted);
  ::lseek(log.get(), tail.begin, SEEK_SET);
  if (!earlier) return;
  const Tail before = find_tail(earlier, wanted - tail.lines);
  ::lseek(earlier.get(), before.begin, SEEK_SET);
}

// True when there will be nothing more.
bool wait_for_change(const UniqueFd& changes, LogEnd* end) {
  std::array<pollfd, 2> polls{pollfd{changes.get(), POLLIN, 0}, pollfd{-1, POLLIN, 0}};
  if (end != nullptr) polls[1].fd = end->descriptor();
  if (::poll(polls.data(), polls.size(), -1) < 0) return false;
  std::array<char, 4096> ignored{};
  if (polls[0].revents != 0 && ::read(changes.get(), ignored.data(), ignored.size()) <= 0) {
    return true;
  }
  return polls[1].revents != 0 && end->reached();
}

}  // namespace

void show_log(const std::filesystem::path& file, const LogView& view) {
  UniqueFd log = open_log(file);
  if (!log) throw Error(ErrorCode::usage, "there is no log at " + file.string());
  UniqueFd earlier;
  if (!view.earlier.empty() && !is_same_file(log, view.earlier)) earlier = open_log(view.earlier);
  // The watch begins before the file is first read, so that no change can come between.
  const UniqueFd changes(::inotify_init1(IN_CLOEXEC));
  ::inotify_add_watch(changes.get(), file.parent_path().c_str(), IN_MODIFY | IN_CREATE | IN_MOVE);
  if (view.last_lines) skip_to_tail(log, earlier, *view.last_lines);
  Printer printer(view.raw);
  if (earlier) printer.print_rest(earlier);
  bool at_end = !view.follow || (view.end != nullptr && view.end->reached());
  printer.print_rest(log);
  while (std::cout && !at_end) {
    at_end = wait_for_change(changes, view.end);
    printer.print_rest(log);
    if (is_same_file(log, file)) continue;
    UniqueFd next = open_log(file);
    if (!next) continue;
    printer.print_rest(log);  // the rest, written before the rotation
    log = std::move(next);
    printer.print_rest(log);
  }
}

}  // namespace yardmaster::cli
