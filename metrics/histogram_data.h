// The bucket layout of Histogram: HdrHistogram's for 1 ns to 1 h at three significant digits, so
// that its counts travel as a HdrHistogram payload unchanged. For the .cpp files of Histogram only.
//
// Index i below 2,048 holds the value i. From there on every power of two has 1,024 buckets.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "metrics/histogram.h"

namespace yardmaster::metrics {
namespace layout {

inline constexpr unsigned sub_bucket_bits = 11;
inline constexpr std::size_t half = std::size_t{1} << (sub_bucket_bits - 1);
inline constexpr std::uint64_t highest_trackable = 3'600'000'000'000;  // 1 h in ns
inline constexpr std::size_t bucket_count = 33 * half;

constexpr std::size_t index_of(std::uint64_t value) {
  const auto bits = static_cast<unsigned>(std::bit_width(value | (2 * half - 1)));
  const unsigned shift = bits - sub_bucket_bits;
  return shift * half + static_cast<std::size_t>(value >> shift);
}

constexpr unsigned shift_of(std::size_t index) {
  return index < 2 * half ? 0 : static_cast<unsigned>(index / half - 1);
}

constexpr std::uint64_t lowest_in(std::size_t index) {
  const unsigned shift = shift_of(index);
  return static_cast<std::uint64_t>(index - shift * half) << shift;
}

constexpr std::uint64_t highest_in(std::size_t index) {
  return lowest_in(index) + (std::uint64_t{1} << shift_of(index)) - 1;
}

// Buckets past this one hold nothing: their values are overflow.
inline constexpr std::size_t last_index = index_of(highest_trackable);
static_assert(last_index < bucket_count);

}  // namespace layout

struct Histogram::Data {
  std::array<std::atomic<std::uint64_t>, layout::last_index + 1> counts{};
  std::atomic<std::uint64_t> overflow{0};
  std::atomic<std::int64_t> min{std::numeric_limits<std::int64_t>::max()};
  std::atomic<std::int64_t> max{0};

  void include(std::int64_t value) noexcept;
  // Adds a count from elsewhere, of which only the bucket is known; the index one past the last is
  // overflow.
  void add_to_bucket(std::size_t index, std::uint64_t count) noexcept;
};

}  // namespace yardmaster::metrics
