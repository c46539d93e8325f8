#include "coordinator/cli/follow_log.h"

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

namespace yardmaster::cli {
namespace {

UniqueFd open_log(const std::filesystem::path& file) {
  return UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
}

void print_rest(const UniqueFd& log) {
  std::array<char, 65536> buffer{};
  ssize_t count = 0;
  while ((count = ::read(log.get(), buffer.data(), buffer.size())) > 0) {
    std::cout.write(buffer.data(), count);
  }
  std::cout.flush();
}

bool is_same_file(const UniqueFd& log, const std::filesystem::path& file) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(log.get(), &opened) == 0 && ::stat(file.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino;
}

}  // namespace

void show_log(const std::filesystem::path& file, bool follow) {
  UniqueFd log = open_log(file);
  if (!log) throw Error(ErrorCode::usage, "there is no log at " + file.string());
  print_rest(log);
  if (!follow) return;
  const UniqueFd changes(::inotify_init1(IN_CLOEXEC));
  ::inotify_add_watch(changes.get(), file.parent_path().c_str(), IN_MODIFY | IN_CREATE);
  std::array<char, 4096> ignored{};
  while (std::cout && ::read(changes.get(), ignored.data(), ignored.size()) > 0) {
    print_rest(log);
    if (is_same_file(log, file)) continue;
    if (UniqueFd next = open_log(file)) log = std::move(next);
    print_rest(log);
  }
}

}  // namespace yardmaster::cli
