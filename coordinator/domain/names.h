// The rule for names of instances, roles, repositories and contexts: [a-z0-9][a-z0-9-]{0,62}.
#pragma once

#include <cstddef>
#include <string_view>

namespace yardmaster {

inline constexpr std::size_t max_name_length = 63;

// The person at the terminal, who sends and receives messages like an instance: no instance may
// have this name.
inline constexpr std::string_view person_name = "user";

bool is_valid_name(std::string_view name);

// Throws Error{invalid_request} that says which field is wrong and what a name looks like.
void require_name(std::string_view field, std::string_view name);

}  // namespace yardmaster
