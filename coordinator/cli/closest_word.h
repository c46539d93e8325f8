// What somebody may have meant who mistyped a word. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yardmaster::cli {

// The one of `known` that takes the fewest changes of a character, at most two and less than half
// of the word's; empty when there is none.
std::string closest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace yardmaster::cli
