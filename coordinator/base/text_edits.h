// Small edits of texts. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace yardmaster {

// A text that has more than `most` bytes, cut there with "…" behind it; between characters, so that
// what is left is UTF-8 if the whole was.
std::string shortened(std::string text, std::size_t most);
// With `to` wherever `from`, which is not empty, stands.
std::string replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace yardmaster
