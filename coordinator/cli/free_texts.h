// Texts of people may begin with a hyphen ("- fix the parser", "--force does not work"), which a
// parser takes for a flag. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace yardmaster::cli {

// The name of a positional argument that is a text.
inline constexpr const char* free_text = "BODY";

// The words so that the parser takes as a text what stands where a text is expected and is none of
// the verb's flags: "--task -x" becomes "--task=-x", and a BODY moves behind "--".
std::vector<std::string> with_free_texts(const CLI::App& app,
                                         const std::vector<std::string>& words);

}  // namespace yardmaster::cli
