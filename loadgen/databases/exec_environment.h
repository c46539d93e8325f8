// An environment in the form that the exec functions and posix_spawn() take. Any thread.
#pragma once

#include <string>
#include <vector>

namespace yardmaster::loadgen {

// Returns this process's environment with some variables ("NAME=value") added, or set to something
// else, and without those that begin with one of the prefixes.
std::vector<std::string> environment_with(const std::vector<std::string>& added,
                                          const std::vector<std::string>& dropped_prefixes = {});

// The pointers to texts, with a null at the end; the texts must outlive them.
std::vector<char*> pointers_to(const std::vector<std::string>& texts);

}  // namespace yardmaster::loadgen
