// The commands of the control pane's command line: what may be written, what it becomes, and what
// could come next. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yardmaster::cli {

// Names that a command may take.
struct Completable {
  std::vector<std::string> instances;
  std::vector<std::string> roles;
};

// Returns the words for `yardmaster` that a line such as "/send worker-1 How far are you?" stands
// for; of what the pane does itself the words "quit" and "help". Throws Error{usage} that says what
// the command needs.
std::vector<std::string> words_of(std::string_view line);

// Returns the ways in which the last word of the line may go on, each a whole line: commands first,
// then names where a command takes one.
std::vector<std::string> completions_of(std::string_view line, const Completable& known);

// Commands, keys and letters, in lines of 80 columns at most.
std::vector<std::string> pane_help();

}  // namespace yardmaster::cli
