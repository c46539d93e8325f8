// The commands that an agent may use, for its prompt. Any thread.
#pragma once

#include <string>

namespace yardmaster::cli {

// Markdown, made from the command line itself, so that it never says what is not there.
std::string cli_reference();

}  // namespace yardmaster::cli
