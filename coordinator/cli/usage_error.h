// What is wrong with a command line, in one line that names what it is about. Any thread.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace yardmaster::cli {

// `error` is what parsing with `app` ended with.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error);

// "; did you mean …?" of a group's verbs; empty when none is close.
std::string suggested_verb(const CLI::App& group, const std::string& word);

}  // namespace yardmaster::cli
