// The distribution says how long the n-th sync of a store is held up. Header-only and without
// allocation, since it is also part of the library that is preloaded into stores. A pure function
// of seed and n, so any thread, and the same delays in the same order for every store.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace yardmaster::loadgen {

struct DelayDistribution {
  enum class Shape : int { none, fixed, uniform, lognormal };

  // No draw is longer than so many times the P99 of a log-normal distribution.
  static constexpr double longest_tail = 10;

  Shape shape = Shape::none;
  std::int64_t first_ns = 0;   // fixed: the delay; uniform: the least; lognormal: the median
  std::int64_t second_ns = 0;  // uniform: the most; lognormal: the P99

  std::int64_t median_ns() const {
    return shape == Shape::uniform ? (first_ns + second_ns) / 2 : first_ns;
  }

  std::int64_t nth_ns(std::uint64_t seed, std::uint64_t n) const {
    if (shape == Shape::uniform) {
      const auto width = static_cast<double>(second_ns - first_ns);
      return first_ns + std::llround(width * unit_interval(seed, 2 * n));
    }
    if (shape == Shape::lognormal) return lognormal_ns(seed, n);
    return first_ns;
  }

  bool operator==(const DelayDistribution&) const = default;

 private:
  // SplitMix64 (Steele, Lea, Flood 2014) as a function of a counter.
  static std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
  }

  // Above 0, up to 1.
  static double unit_interval(std::uint64_t seed, std::uint64_t index) {
    const auto bits = mixed(mixed(seed) + (index + 1) * 0x9e3779b97f4a7c15);
    return static_cast<double>((bits >> 11) + 1) * 0x1p-53;
  }

  std::int64_t lognormal_ns(std::uint64_t seed, std::uint64_t n) const {
    constexpr double normal_p99 = 2.3263478740408408;
    const auto median = static_cast<double>(first_ns);
    const auto p99 = static_cast<double>(second_ns);
    const double radius = std::sqrt(-2 * std::log(unit_interval(seed, 2 * n)));
    const double normal = radius * std::cos(2 * std::numbers::pi * unit_interval(seed, 2 * n + 1));
    const double delay = median * std::exp(std::log(p99 / median) / normal_p99 * normal);
    return std::llround(std::min(delay, longest_tail * p99));
  }
};

}  // namespace yardmaster::loadgen
