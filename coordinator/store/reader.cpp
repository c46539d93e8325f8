#include <limits>

#include "coordinator/store/context_walk.h"

namespace yardmaster {

std::vector<ContextEntry> Reader::read(const ContextSnapshot& snapshot) {
  std::vector<ContextEntry> entries;
  ContextWalk walk(snapshot);
  const auto keep = [&](std::uint64_t seq, std::string_view kind, std::string_view data,
                        WallTime time) {
    entries.push_back({seq, std::string(kind), std::string(data), time});
  };
  while (!walk.is_over()) walk.go_on(*database_, bytes_per_turn, keep);
  return entries;
}

}  // namespace yardmaster
