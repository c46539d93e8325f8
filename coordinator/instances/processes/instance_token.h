// What the processes of a launched agent carry in their environment (YARDMASTER_TOKEN), and by
// which they are found again, also by the next daemon. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace yardmaster {

// What the tokens of all instances of this yard begin with.
inline std::string token_prefix(const std::string& state_dir) { return state_dir + "#"; }

inline std::string instance_token(const std::string& state_dir, std::uint64_t instance_id) {
  return token_prefix(state_dir) + std::to_string(instance_id);
}

}  // namespace yardmaster
