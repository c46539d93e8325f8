#include "coordinator/base/paths.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/durable_names.h"
#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;

fs::path home_directory(const Environment& environment) {
  if (const auto home = environment("HOME")) return *home;
  throw Error(ErrorCode::usage,
              "cannot tell where to keep the state: set YARDMASTER_STATE_DIR or HOME");
}

fs::path xdg_directory(const Environment& environment, const char* variable,
                       const fs::path& below_home) {
  const auto value = environment(variable);
  // The XDG rules: a relative path is to be ignored.
  if (value && fs::path(*value).is_absolute()) return *value;
  return home_directory(environment) / below_home;
}

[[noreturn]] void refuse(const fs::path& directory, const std::string& why) {
  throw Error(ErrorCode::usage, directory.string() + ": " + why);
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

fs::path default_state_dir(const Environment& environment) {
  return xdg_directory(environment, "XDG_STATE_HOME", ".local/state") / "yardmaster";
}

fs::path default_runtime_dir(const Environment& environment, const fs::path& state_dir) {
  const auto value = environment("XDG_RUNTIME_DIR");
  if (value && fs::path(*value).is_absolute()) return fs::path(*value) / "yardmaster";
  return state_dir / "run";
}

fs::path default_config_file(const Environment& environment) {
  return xdg_directory(environment, "XDG_CONFIG_HOME", ".config") / "yardmaster" / "config.json";
}

void require_socket_path(const fs::path& path) {
  const std::size_t length = path.native().size();
  if (length <= max_socket_path) return;
  throw Error(ErrorCode::usage,
              "the socket path " + path.string() + " has " + std::to_string(length) +
                  " bytes and a Unix socket's may have " + std::to_string(max_socket_path) +
                  ": choose a shorter runtime directory (--runtime-dir)");
}

void make_private_directory(const fs::path& directory, unsigned mode) {
  try {
    if (directory.has_parent_path()) make_directories_for_good(directory.parent_path());
  } catch (const fs::filesystem_error& error) {
    refuse(directory, "cannot make its parent: " + error.code().message());
  }
  // The umask is the whole process's, and so left alone: it can only take bits away, and what it
  // took is given back to a directory that nobody else has seen yet.
  if (::mkdir(directory.c_str(), mode) == 0) {
    if (::chmod(directory.c_str(), mode) != 0) refuse(directory, std::strerror(errno));
    sync_directory(directory.has_parent_path() ? directory.parent_path() : ".");
  } else if (errno != EEXIST) {
    refuse(directory, std::strerror(errno));
  }
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) refuse(directory, std::strerror(errno));
  if (!S_ISDIR(found.st_mode)) refuse(directory, "is not a directory");
  if (found.st_uid != ::geteuid()) refuse(directory, "belongs to another user");
  if ((found.st_mode & 0777U & ~mode) != 0) {
    refuse(directory, "lets others in; make it private first (chmod 0" +
                          std::string(mode == 0700 ? "700" : "750") + ")");
  }
}

}  // namespace yardmaster
