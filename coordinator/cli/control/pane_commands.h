// The commands of the control pane's command line: what may be written, what it becomes, and what
// could come next. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yardmaster::cli {

// Returns the words for `yardmaster` that a line such as "/send worker-1 How far are you?" stands
// for. Throws Error{usage} that says what the command needs.
std::vector<std::string> words_of(std::string_view line);

// Returns the ways in which the last word of the line may go on, each a whole line: commands first,
// then names where a command takes one.
std::vector<std::string> completions_of(std::string_view line,
                                        const std::vector<std::string>& names);

// One line that lists them.
std::string pane_commands_help();

}  // namespace yardmaster::cli
