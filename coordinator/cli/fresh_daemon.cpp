#include "coordinator/cli/fresh_daemon.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <sys/mman.h>
#include <unistd.h>

#include "coordinator/base/child_start.h"
#include "coordinator/base/error.h"
#include "coordinator/base/process_environment.h"
#include "coordinator/base/surroundings.h"
#include "coordinator/base/unique_fd.h"
#include "coordinator/daemon/own_process.h"
#include "coordinator/instances/tmux/program_image.h"

namespace yardmaster::cli {
namespace {

[[noreturn]] void cannot_start_daemon(int reason) {
  throw Error(ErrorCode::unavailable, std::string("cannot start: ") + std::strerror(reason));
}

UniqueFd settings_file(const Config& config) {
  const std::string text = settings_text(config);
  UniqueFd file(::memfd_create("settings", MFD_CLOEXEC));
  const bool written =
      file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!written || ::lseek(file.get(), 0, SEEK_SET) != 0) cannot_start_daemon(errno);
  return file;
}

std::string settings_in(const UniqueFd& file) {
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t count = 0;
  while ((count = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

std::vector<std::string> daemon_words(const std::vector<std::string>& arguments,
                                      const UniqueFd& settings) {
  std::error_code failure;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", failure);
  // The file may have been replaced by a newer one.
  const bool is_there = !failure && std::filesystem::exists(own, failure);
  std::vector<std::string> words{is_there ? own.string() : "/proc/self/exe"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.insert(words.end(), {settings_option, std::to_string(settings.get())});
  return words;
}

std::vector<std::string> daemon_variables(const Config& config) {
  const Surroundings caller = initial_environment();
  Surroundings variables = compose_surroundings(config, caller, this_user(caller));
  for (const auto& variable : caller) {
    if (is_listed(config.daemon_environment, variable.first)) variables.insert(variable);
  }
  std::vector<std::string> entries;
  entries.reserve(variables.size());
  for (const auto& [name, value] : variables) entries.push_back(name + "=" + value);
  return entries;
}

}  // namespace

void become_fresh_daemon(const Config& config, const std::vector<std::string>& arguments,
                         bool hard_limits_too) {
  const UniqueFd null = open_null();
  const UniqueFd settings = settings_file(config);
  const ProgramImage image(daemon_words(arguments, settings), daemon_variables(config));
  forget_caller(hard_limits_too);
  cannot_start_daemon(image.become(null.get(), STDOUT_FILENO, STDERR_FILENO, settings.get()));
}

Config take_settings(int descriptor) {
  const UniqueFd file(descriptor);
  const Config config = config_from_settings(settings_in(file));
  for (const auto& [name, value] : own_environment()) {
    const bool is_the_daemons = is_listed(config.daemon_environment, name);
    if (is_the_daemons && !is_listed(config.agent_environment, name)) ::unsetenv(name.c_str());
  }
  return config;
}

}  // namespace yardmaster::cli
