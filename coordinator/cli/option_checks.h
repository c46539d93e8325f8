// What the values of options must be, checked before anything is done, so that a mistake is named
// by the option and ends with 2. Any thread.
#pragma once

#include <CLI/CLI.hpp>

namespace yardmaster::cli {

// Returns the option.
CLI::Option* must_be_name(CLI::Option* option);       // of an instance, a role or a repository
CLI::Option* must_be_recipient(CLI::Option* option);  // a name, @all or @ROLE
CLI::Option* must_not_be_empty(CLI::Option* option);

}  // namespace yardmaster::cli
