// Looks for the most instances that hold: doubles from a first load until one does not hold (or
// halves until one does), bisects until the two are within 10%, and tries the answer once more.
// Takes for granted that a store that holds a load holds every lesser one. Pure: what happens at a
// load is asked of a function. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "reports/capacity.h"

namespace yardmaster::loadgen {

struct SearchRange {
  std::uint64_t first = 10;  // tried first; a good guess saves steps
  std::uint64_t least = 10;  // fewer are not tried
  std::uint64_t most = 1'000'000;
  bool most_is_of_files = false;         // `most` is what the limit of open files leaves room for
  std::optional<std::uint64_t> asked{};  // a load whose outcome is to be known in any case
};

// A load that does not hold may lie this far above one that does when the search ends.
inline constexpr double search_precision = 0.10;

// Tries a load, or once more the answer; returns nothing when it was interrupted.
using TryLoad =
    std::function<std::optional<reports::CapacityStep>(std::uint64_t instances, bool confirms)>;

// Throws what `try_load` throws. When the answer does not pass again, it counts as one that does
// not hold, and the search goes down, in steps that grow, to a load that passes twice.
reports::Capacity find_capacity(const SearchRange& range, const TryLoad& try_load);

}  // namespace yardmaster::loadgen
