#include "coordinator/base/exec_environment.h"

#include <algorithm>

#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

std::string_view variable_name(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

std::string_view path_in_environment(const std::vector<std::string>& environment) {
  constexpr std::string_view name = "PATH=";
  for (const std::string& variable : environment) {
    if (variable.starts_with(name)) return std::string_view(variable).substr(name.size());
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

bool is_program(const std::string& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

std::vector<std::string> environment_with(const std::vector<std::string>& added,
                                          const std::vector<std::string>& dropped_prefixes) {
  std::vector<std::string> all = added;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const bool is_replaced = std::any_of(added.begin(), added.end(), [&](const auto& other) {
      return variable_name(other) == variable_name(text);
    });
    const bool is_dropped =
        std::any_of(dropped_prefixes.begin(), dropped_prefixes.end(),
                    [&](const std::string& prefix) { return text.starts_with(prefix); });
    if (!is_replaced && !is_dropped) all.emplace_back(text);
  }
  return all;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::string program_file(const std::string& name, const std::vector<std::string>& environment) {
  if (name.find('/') != std::string::npos) return name;
  std::string_view path = path_in_environment(environment);
  while (!path.empty()) {
    const std::size_t end = std::min(path.find(':'), path.size());
    const std::string directory(end == 0 ? "." : path.substr(0, end));
    if (std::string file = directory + "/" + name; is_program(file)) return file;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  throw Error(ErrorCode::not_found, "the program '" + name + "' is not installed, or not on PATH");
}

}  // namespace yardmaster
