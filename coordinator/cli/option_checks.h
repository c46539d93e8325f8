// What the values of options must be, checked before anything is done, so that a mistake is named
// by the option and ends with 2. Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace yardmaster::cli {

// Returns the option.
CLI::Option* must_be_name(CLI::Option* option);       // of an instance, a role or a repository
CLI::Option* must_be_recipient(CLI::Option* option);  // a name, @all or @ROLE
CLI::Option* must_not_be_empty(CLI::Option* option);

// What an option's value is the name of, so that a shell can complete it. Returns the option.
enum class Names {
  instances,
  ended_instances,
  repositories,
  roles,
  recipients,
  handoffs,
  tokens,
  verbs,
  files
};
CLI::Option* completed_with(CLI::Option* option, Names names);
// One of these words, which blanks separate.
CLI::Option* completed_with(CLI::Option* option, const std::string& words);
// What an option was given so.
std::optional<Names> completion_names(CLI::Option& option);
std::vector<std::string> completion_words(CLI::Option& option);

}  // namespace yardmaster::cli
