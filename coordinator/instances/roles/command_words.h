// A command as people write it, and the words that a program is started with. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yardmaster {

// Splits a command into words as a POSIX shell does: blanks, '…', "…" and backslashes. Nothing is
// expanded: $HOME, ~ and * stay as they are. Throws invalid_request on an open quote, a backslash
// at the end, and on what only a shell could do: an unquoted |, &, ;, < or >.
std::vector<std::string> split_command(std::string_view command);

}  // namespace yardmaster
