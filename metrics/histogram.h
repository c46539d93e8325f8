// A log-linear latency histogram with three significant digits, from 1 ns to 1 h: values below
// 2,048 ns are exact, above that a bucket is at most 1/1024 of its value wide. Values beyond the
// range are counted as overflow and never dropped.
//
// record() may be called from several threads at once without a lock; the reading functions give a
// consistent enough view while others record and an exact one when none do. Values are nanoseconds.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yardmaster::metrics {

struct Quantiles {
  double p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0, mean = 0;  // milliseconds
};

class Histogram {
 public:
  Histogram();
  Histogram(const Histogram& other);
  Histogram& operator=(const Histogram& other);
  Histogram(Histogram&&) noexcept;
  Histogram& operator=(Histogram&&) noexcept;
  ~Histogram();

  // Negative values count as 0.
  void record(std::chrono::nanoseconds value) noexcept;
  void record(std::chrono::nanoseconds value, std::uint64_t count) noexcept;
  void merge(const Histogram& other) noexcept;
  // Takes away what an earlier copy of this histogram held.
  void subtract(const Histogram& earlier) noexcept;
  void reset() noexcept;

  // The reading functions walk all 32,000 buckets, some 20 to 100 µs.
  std::uint64_t count() const noexcept;     // overflow included
  std::uint64_t overflow() const noexcept;  // values above the range
  std::chrono::nanoseconds min() const noexcept;
  std::chrono::nanoseconds max() const noexcept;  // exact
  double mean_ns() const noexcept;  // from the middles of the buckets; overflow counts as max()
  // The smallest recorded value (as the top of its bucket) that at least q of all do not exceed;
  // 0 ≤ q ≤ 1; zero when empty.
  std::chrono::nanoseconds quantile(double q) const noexcept;
  // Values in the same bucket as the limit do not count as above it.
  std::uint64_t count_above(std::chrono::nanoseconds limit) const noexcept;
  // Returns, for each of the rising limits, how many are at most so large, by the same rule; in one
  // walk.
  std::vector<std::uint64_t> counts_up_to(std::span<const std::chrono::nanoseconds> limits) const;
  Quantiles quantiles() const noexcept;

  // HdrHistogram V2 compressed payload in base64 ("HISTFAAA…"), which existing viewers read.
  std::string encode() const;
  // Throws Error{invalid_request} on anything that is not such a payload.
  static Histogram decode(std::string_view text);

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace yardmaster::metrics
