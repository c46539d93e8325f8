// Reads append_context and append_entries requests, the hot path, in one pass over their bytes. Any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "coordinator/broker/commands/arguments.h"
#include "coordinator/domain/durability.h"

namespace yardmaster {

// What the requests may have.
inline constexpr ArgumentSpec append_arguments[] = {
    {"context", ArgumentKind::name, true},    {"seq", ArgumentKind::number, true},
    {"kind", ArgumentKind::entry_kind, true}, {"data", ArgumentKind::text, true},
    {"instance_id", ArgumentKind::name},      {"generation", ArgumentKind::count},
    {"durability", ArgumentKind::durability}};
inline constexpr ArgumentSpec append_entries_arguments[] = {
    {"context", ArgumentKind::name, true},    {"seq", ArgumentKind::number, true},
    {"entries", ArgumentKind::entries, true}, {"instance_id", ArgumentKind::name},
    {"generation", ArgumentKind::count},      {"durability", ArgumentKind::durability}};

// The views point into the frame, or into the JSON that it was made from.
struct AppendFrame {
  std::string_view id;  // as JSON text; empty: none
  std::string_view context;
  std::uint64_t seq = 0;
  std::string_view kind;  // of append_context, like data
  std::string_view data;
  std::string_view entries;   // of append_entries: the text of its list, for take_entry()
  std::string_view instance;  // empty: not given
  std::optional<std::uint64_t> generation;
  Durability durability = Durability::process;

  bool has_several() const { return !entries.empty(); }
};

// Understands objects whose strings are printable ASCII without escapes and whose numbers are plain
// integers, with each key at most once, in any order. True only when the request is valid as a
// whole; on false (anything unusual or wrong) the general parser has to decide. A true answer is
// always what the general parser would have given.
bool read_append_frame(std::string_view text, AppendFrame& frame);

// Takes the first entry off the text of a list that read_append_frame() gave. Returns false at its
// end.
bool take_entry(std::string_view& entries, std::string_view& kind, std::string_view& data);

// Returns whether an entry may have this kind: 1 to 64 bytes without control characters.
bool is_valid_kind(std::string_view kind);

}  // namespace yardmaster
