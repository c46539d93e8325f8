#include "metrics/base64.h"

#include <algorithm>
#include <cstddef>

#include <openssl/evp.h>

namespace yardmaster::metrics {
namespace {

constexpr std::size_t most_padding = 2;

// libcrypto also takes spaces around the text, and padding within it for zeros.
bool is_strict_base64(std::string_view text, std::size_t padding) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return false;
  text.remove_suffix(padding);
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace

std::string base64_encode(std::span<const std::uint8_t> bytes) {
  std::vector<unsigned char> text((bytes.size() + 2) / 3 * 4 + 1);  // and a zero
  const int length = ::EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(bytes.size()));
  return {text.begin(), text.begin() + length};
}

std::optional<std::vector<std::uint8_t>> base64_decode(std::string_view text) {
  const std::size_t last_digit = text.find_last_not_of('=');
  const std::size_t equals =
      text.size() - (last_digit == std::string_view::npos ? 0 : last_digit + 1);
  const std::size_t padding = std::min(equals, most_padding);
  if (!is_strict_base64(text, padding)) return std::nullopt;
  const std::vector<unsigned char> digits(text.begin(), text.end());
  std::vector<std::uint8_t> bytes(text.size() / 4 * 3);
  ::EVP_DecodeBlock(bytes.data(), digits.data(), static_cast<int>(digits.size()));
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace yardmaster::metrics
