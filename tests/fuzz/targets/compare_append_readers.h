// The two readers of append_context side by side: whatever the flat one accepts, the general one
// has to accept with the same result. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace yardmaster::fuzz {

struct AppendComparison {
  bool taken = false;      // by the flat reader
  std::string difference;  // empty: they agree
};

AppendComparison compare_append_readers(std::string_view frame);

}  // namespace yardmaster::fuzz
