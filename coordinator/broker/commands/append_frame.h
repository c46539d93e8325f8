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
    {"context", ArgumentKind::name, true, "the context"},
    {"seq", ArgumentKind::number, true, "the entry's number, one more than the last"},
    {"kind", ArgumentKind::entry_kind, true, "decision, note, progress …"},
    {"data", ArgumentKind::text, true, "what it says"},
    {"instance_id", ArgumentKind::name, false, "who writes; only the owner may"},
    {"generation", ArgumentKind::count, false, "refuses when the context's is another"},
    {"durability", ArgumentKind::durability, false,
     "what its acknowledgement survives: a killed daemon, or a power cut too (`process`)"}};
inline constexpr ArgumentSpec append_entries_arguments[] = {
    {"context", ArgumentKind::name, true, "the context"},
    {"seq", ArgumentKind::number, true, "the first entry's number"},
    {"entries", ArgumentKind::entries, true, "the entries"},
    {"instance_id", ArgumentKind::name, false, "who writes; only the owner may"},
    {"generation", ArgumentKind::count, false, "refuses when the context's is another"},
    {"durability", ArgumentKind::durability, false,
     "what its acknowledgement survives: a killed daemon, or a power cut too (`process`)"}};

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
