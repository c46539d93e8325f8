// Base64 with padding (RFC 4648, section 4), by libcrypto. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yardmaster::metrics {

std::string base64_encode(std::span<const std::uint8_t> bytes);
// Returns nothing on a foreign character, a wrong length or padding anywhere but at the end.
std::optional<std::vector<std::uint8_t>> base64_decode(std::string_view text);

}  // namespace yardmaster::metrics
