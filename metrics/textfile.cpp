#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"
#include "metrics/registry.h"

namespace yardmaster::metrics {
namespace {

[[noreturn]] void refuse(const std::string& path) {
  throw Error(ErrorCode::usage, "cannot write '" + path + "': " + std::strerror(errno));
}

// Readable by all, since the node exporter runs as another user.
void write_whole(const std::string& path, const std::string& text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) refuse(path);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(file.get(), text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse(path);
    done += static_cast<std::size_t>(written);
  }
}

}  // namespace

void write_textfile(const std::filesystem::path& path, const std::string& exposition) {
  std::error_code unknown;
  if (std::filesystem::exists(path, unknown) && !std::filesystem::is_regular_file(path, unknown)) {
    throw Error(ErrorCode::usage, "cannot write '" + path.string() + "': not a regular file");
  }
  // The collector reads *.prom only, so it never sees the temporary name.
  const std::string temporary = path.string() + "." + std::to_string(::getpid()) + ".tmp";
  try {
    write_whole(temporary, exposition);
    if (::rename(temporary.c_str(), path.c_str()) != 0) refuse(path.string());
  } catch (const Error&) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace yardmaster::metrics
