// The processes of a launched agent carry a token in their environment (YARDMASTER_TOKEN). By it
// they are found again, also by the next daemon. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace yardmaster {

// The tokens of all instances of this yard begin with this prefix.
inline std::string token_prefix(const std::string& state_dir) { return state_dir + "#"; }

inline std::string instance_token(const std::string& state_dir, std::uint64_t instance_id) {
  return token_prefix(state_dir) + std::to_string(instance_id);
}

}  // namespace yardmaster
