// A command's arguments are described by specifications, and a check names the argument that does
// not conform. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace yardmaster {

enum class ArgumentKind {
  name,        // see domain/names.h
  text,        // any string
  entry_kind,  // see is_valid_kind()
  entries,     // a list of [kind, data], 1 to most_entries_at_once of them
  number,      // a whole number from 1
  count,       // a whole number from 0
  place,       // in a list: a name, or a whole number
  boolean,
  texts,       // a list of strings
  numbers,     // a list of 1 to most_numbers_at_once whole numbers from 1
  durability,  // "process" or "power"
  recipients,  // see recipients_from()
};

// So that one request keeps the others waiting for no more than a fraction of a millisecond.
inline constexpr std::size_t most_entries_at_once = 1000;
inline constexpr std::size_t most_numbers_at_once = 1000;

struct ArgumentSpec {
  std::string_view name;
  ArgumentKind kind;
  bool required = false;
  std::string_view help = {};  // in the protocol reference
};

// Throws Error{invalid_request} with the field's path, e.g. "args.seq: must be …", when a field is
// unknown, missing or of the wrong type.
void require_arguments(std::span<const ArgumentSpec> specs, const nlohmann::json& arguments);

}  // namespace yardmaster
