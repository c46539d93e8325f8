// Reads an append_context request, the hot path, in one pass over its bytes. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "coordinator/domain/durability.h"

namespace yardmaster {

// The views point into the frame, or into the JSON that it was made from.
struct AppendFrame {
  std::string_view id;  // as JSON text; empty: none
  std::string_view context;
  std::uint64_t seq = 0;
  std::string_view kind;
  std::string_view data;
  std::string_view instance;  // empty: not given
  std::optional<std::uint64_t> generation;
  Durability durability = Durability::process;
};

// Understands objects whose strings are printable ASCII without escapes and whose numbers are plain
// integers, with each key at most once, in any order. True only when the request is valid as a
// whole; on false (anything unusual or wrong) the general parser has to decide. A true answer is
// always what the general parser would have given.
bool read_append_frame(std::string_view text, AppendFrame& frame);

// Returns whether an entry may have this kind: 1 to 64 bytes without control characters.
bool is_valid_kind(std::string_view kind);

}  // namespace yardmaster
