#include "coordinator/base/surroundings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>

#include <pwd.h>
#include <unistd.h>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

// Of a home directory first: programs that a user installs come there.
constexpr std::array<const char*, 2> home_directories{"/.local/bin", "/bin"};
constexpr const char* usual_directories =
    "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

std::string value_in(const Surroundings& variables, const std::string& name) {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

std::string composed_path(const Config& config, const std::string& home) {
  std::string path;
  for (const std::string& directory : config.agent_path) {
    path += (directory.starts_with("~/") ? home + directory.substr(1) : directory) + ":";
  }
  for (const char* below_home : home_directories) path += home + below_home + ":";
  return path + usual_directories;
}

bool is_the_yards(const Surroundings::value_type& variable) {
  return variable.first.starts_with("YARDMASTER_");
}

}  // namespace

UserEntry this_user(const Surroundings& caller) {
  const passwd* entry = ::getpwuid(::geteuid());
  if (entry != nullptr) return {entry->pw_name, entry->pw_dir, entry->pw_shell};
  const std::string home = value_in(caller, "HOME");
  return {std::to_string(::geteuid()), home.empty() ? "/" : home, "/bin/sh"};
}

Surroundings compose_surroundings(const Config& config, const Surroundings& caller,
                                  const UserEntry& user) {
  Surroundings composed{
      {"HOME", user.home},    {"USER", user.name},
      {"LOGNAME", user.name}, {"SHELL", user.shell.empty() ? "/bin/sh" : user.shell},
      {"LANG", "C.UTF-8"},    {"PATH", composed_path(config, user.home)}};
  for (const auto& [name, value] : caller) {
    if (is_listed(config.agent_environment, name)) composed[name] = value;
  }
  for (const std::string& entry : config.agent_environment) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) composed[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  std::erase_if(composed, is_the_yards);
  return composed;
}

bool is_listed(const std::vector<std::string>& entries, const std::string& variable) {
  return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) {
    const std::string name = entry.substr(0, entry.find('='));
    if (!name.ends_with('*')) return name == variable;
    return variable.starts_with(name.substr(0, name.size() - 1));
  });
}

mode_t file_mask_of(const std::string& agent_umask) {
  unsigned mask = 0;
  const char* end = agent_umask.data() + agent_umask.size();
  const auto [stop, failure] = std::from_chars(agent_umask.data(), end, mask, 8);
  if (failure == std::errc() && stop == end && mask <= 0777) return static_cast<mode_t>(mask);
  throw Error(ErrorCode::usage, "agent_umask: '" + agent_umask + "' is no umask like 0022");
}

Surroundings initial_environment() {
  std::ifstream stream("/proc/self/environ", std::ios::binary);
  Surroundings variables;
  for (std::string entry; std::getline(stream, entry, '\0');) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos && equals > 0) {
      variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
  }
  return variables;
}

}  // namespace yardmaster
