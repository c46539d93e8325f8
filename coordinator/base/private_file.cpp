#include "coordinator/base/private_file.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "coordinator/base/durable_names.h"
#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_write(const fs::path& file) {
  throw Error(ErrorCode::usage, file.string() + ": cannot be written: " + std::strerror(errno));
}

void write_all(int descriptor, std::string_view text, const fs::path& file) {
  const auto size = static_cast<ssize_t>(text.size());
  if (::write(descriptor, text.data(), text.size()) != size) cannot_write(file);
}

}  // namespace

void replace_private_file(const fs::path& file, std::string_view text, Lasting lasting) {
  const fs::path fresh = file.native() + ".tmp";
  const UniqueFd output(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!output) cannot_write(fresh);
  write_all(output.get(), text, fresh);
  if (lasting == Lasting::for_good && ::fsync(output.get()) != 0) cannot_write(fresh);
  if (::rename(fresh.c_str(), file.c_str()) != 0) cannot_write(file);
  if (lasting == Lasting::for_good) sync_directory(file.parent_path());
}

void write_new_private_file(const fs::path& file, std::string_view text) {
  const UniqueFd output(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!output && errno == EEXIST) {
    throw Error(ErrorCode::already_exists, file.string() + " exists already");
  }
  if (!output) cannot_write(file);
  write_all(output.get(), text, file);
}

}  // namespace yardmaster
