#include "loadgen/plan/payload.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

namespace yardmaster::loadgen {
namespace {

constexpr std::size_t noise_offsets = 1U << 16U;
constexpr std::string_view alphabet =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .";

// splitmix64's finalizer.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

}  // namespace

Payload::Payload(std::uint64_t seed, std::size_t bytes) : seed_(seed), bytes_(bytes) {
  std::mt19937_64 random(seed);
  noise_.resize(noise_offsets + bytes);
  for (char& c : noise_) c = alphabet[random() % alphabet.size()];
}

void Payload::append_to(std::string& text, std::uint64_t instance, std::uint64_t seq) const {
  std::array<char, 48> head{};
  auto* end = std::to_chars(head.data(), head.data() + 20, instance).ptr;
  *end++ = '/';
  end = std::to_chars(end, end + 20, seq).ptr;
  *end++ = ' ';
  const auto length = std::min(bytes_, static_cast<std::size_t>(end - head.data()));
  text.append(head.data(), length);
  const auto cut = mix(seed_ ^ mix((instance << 32U) ^ seq)) % noise_offsets;
  text.append(noise_, cut, bytes_ - length);
}

std::string Payload::make(std::uint64_t instance, std::uint64_t seq) const {
  std::string text;
  append_to(text, instance, seq);
  return text;
}

}  // namespace yardmaster::loadgen
