// Words for other programs' parsers, so that they arrive unchanged whatever they hold. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yardmaster {

// Quotes one word for tmux's command parser. Bytes that are not printable ASCII become octal
// escapes: a newline would end the command, and 0xff tmux takes for the end of its input.
std::string tmux_quote(std::string_view word);
// A command of several words.
std::string tmux_command(const std::vector<std::string>& words);

// Text that stays as it is where tmux expands formats (names, directories).
std::string escape_tmux_format(std::string_view text);
// Escapes the text where tmux expands a time's formats too (the command of pipe-pane).
std::string escape_tmux_time_format(std::string_view text);

}  // namespace yardmaster
