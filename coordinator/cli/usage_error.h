// What is wrong with a command line, in one line that names what it is about. Any thread.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace yardmaster::cli {

// `error` is what parsing with `app` ended with.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace yardmaster::cli
