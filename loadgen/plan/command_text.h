// The command line, as a report shows it: what repeats the run. Pure, any thread.
#pragma once

#include <string>
#include <vector>

namespace yardmaster::loadgen {

// Returns the words as a shell takes them, without the passwords in them: others may read it.
std::string command_text(const std::vector<std::string>& arguments);

}  // namespace yardmaster::loadgen
