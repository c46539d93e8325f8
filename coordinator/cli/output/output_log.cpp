#include "coordinator/cli/output/output_log.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/error.h"

namespace yardmaster::cli {

OutputLog::OutputLog(std::filesystem::path file, std::uint64_t max_bytes)
    : file_(std::move(file)), max_bytes_(max_bytes) {
  open();
  if (fd_) return;
  throw Error(ErrorCode::usage, "cannot write " + file_.string() + ": " + std::strerror(errno));
}

void OutputLog::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!fd_) open();
    if (size_ >= max_bytes_) rotate();
    const std::uint64_t room = max_bytes_ > size_ ? max_bytes_ - size_ : max_bytes_;
    const std::string_view part = bytes.substr(0, room);
    note_what_was_lost();
    if (!append(part)) lost_ += part.size();
    bytes.remove_prefix(part.size());
  }
}

void OutputLog::open() {
  fd_.reset(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  struct stat found {};
  size_ = fd_ && ::fstat(fd_.get(), &found) == 0 ? static_cast<std::uint64_t>(found.st_size) : 0;
}

// The earlier FILE.1 goes, so that there are at most twice the limit.
void OutputLog::rotate() {
  std::filesystem::path earlier = file_;
  earlier += ".1";
  if (::rename(file_.c_str(), earlier.c_str()) == 0 || errno == ENOENT) open();
}

// Whole, as far as can be told; a part that was written counts as lost too.
bool OutputLog::append(std::string_view bytes) {
  while (fd_ && !bytes.empty()) {
    const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return bytes.empty();
}

void OutputLog::note_what_was_lost() {
  if (lost_ == 0) return;
  if (append("\r\n[" + std::to_string(lost_) + " bytes could not be written here]\r\n")) lost_ = 0;
}

}  // namespace yardmaster::cli
