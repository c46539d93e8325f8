// Moving a context, whole and verified, from one instance to another, as a plain value.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/base/clock.h"

namespace yardmaster {

// Rows hold the numbers, and SQL is built from them (cmake/stored_numbers.cmake): one that was
// given never changes.
enum class HandoffState { pending = 0, accepted = 1, cancelled = 2, expired = 3 };

// Whose context is handed over: that of an instance which lives, or what an ended one left.
enum class Giver { living, ended };

std::string_view to_string(HandoffState state);
std::optional<HandoffState> handoff_state_from(std::string_view text);

struct Handoff {
  std::uint64_t id = 0;
  std::string from;
  std::string to;
  std::string context;
  std::uint64_t generation = 0;  // of the context: the giver's while pending, the receiver's after
  std::string digest;            // see ContextDigest
  std::uint64_t count = 0;       // entries
  std::string summary;
  HandoffState state = HandoffState::pending;
  WallTime offered_at{};
  std::optional<WallTime> decided_at;
};

// What list_handoffs returns: those after an id, oldest first.
struct HandoffFilter {
  std::string instance = {};  // whose, as giver or receiver; empty: everyone's
  std::optional<HandoffState> state = {};
  std::uint64_t after = 0;
  std::size_t limit = std::numeric_limits<std::int64_t>::max();
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();
};

}  // namespace yardmaster
