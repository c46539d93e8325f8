// Words, an environment and a file in the form that the exec functions take. Any thread, while none
// changes the environment of this process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yardmaster {

// Returns this process's environment with some variables ("NAME=value") added, or set to something
// else, and without those that begin with one of the prefixes.
std::vector<std::string> environment_with(const std::vector<std::string>& added,
                                          const std::vector<std::string>& dropped_prefixes = {});

// The pointers to texts, with a null at the end; the texts must outlive them.
std::vector<char*> pointers_to(const std::vector<std::string>& texts);

// Returns the file that execvp would run with the PATH of this environment. Throws
// Error{not_found}.
std::string program_file(const std::string& name, const std::vector<std::string>& environment);

}  // namespace yardmaster
