// The processes of a launched agent carry a token in their environment (YARDMASTER_TOKEN). By it
// they are found again, also by the next daemon. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace yardmaster {

// What the tokens of all instances of a yard begin with. A yard keeps it as long as it lives,
// wherever its state directory is moved to; no other yard has the same, whatever stood there
// before.
inline std::string token_prefix(const std::string& state_dir, const std::string& yard) {
  return state_dir + "#" + yard + "/";
}
// Of yards that were made before they had names of their own.
inline std::string nameless_token_prefix(const std::string& state_dir) { return state_dir + "#"; }

inline std::string instance_token(const std::string& token_prefix, std::uint64_t instance_id) {
  return token_prefix + std::to_string(instance_id);
}

}  // namespace yardmaster
