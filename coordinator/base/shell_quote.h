// Words for /bin/sh. From any thread; nothing is thrown.
#pragma once

#include <string>
#include <string_view>

namespace yardmaster {

// Returns the word as a shell reads it back, in quotes only where it needs them.
std::string shell_quote(std::string_view word);

}  // namespace yardmaster
