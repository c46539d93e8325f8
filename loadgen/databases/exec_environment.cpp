#include "loadgen/databases/exec_environment.h"

#include <algorithm>
#include <string_view>

#include <unistd.h>

namespace yardmaster::loadgen {
namespace {

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

}  // namespace

std::vector<std::string> environment_with(const std::vector<std::string>& added,
                                          const std::vector<std::string>& dropped_prefixes) {
  std::vector<std::string> all = added;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const bool is_replaced = std::any_of(added.begin(), added.end(), [&](const auto& other) {
      return name_of(other) == name_of(text);
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

}  // namespace yardmaster::loadgen
