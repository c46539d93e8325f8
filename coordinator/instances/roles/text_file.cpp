#include "coordinator/instances/roles/text_file.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"

namespace yardmaster {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& why) {
  throw Error(ErrorCode::invalid_request, file.string() + ": " + why);
}

}  // namespace

std::optional<std::string> read_text_file(const std::filesystem::path& file, std::size_t most) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    refuse(file, "cannot be read: " + std::string(std::strerror(errno)));
  }
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0) refuse(file, std::strerror(errno));
  if (!S_ISREG(found.st_mode)) refuse(file, "is not a regular file");
  std::string text;
  std::array<char, 16384> piece{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(file, "cannot be read: " + std::string(std::strerror(errno)));
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > most) refuse(file, "is larger than " + std::to_string(most) + " bytes");
  }
}

}  // namespace yardmaster
