#include "metrics/histogram.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/base/error.h"

namespace yardmaster::metrics {
namespace {

using std::chrono::nanoseconds;

// Latencies over seven orders of magnitude.
std::vector<std::int64_t> random_values(std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> exponent(0, 11.5);
  std::vector<std::int64_t> values(count);
  for (auto& value : values) value = static_cast<std::int64_t>(std::pow(10, exponent(random)));
  return values;
}

Histogram histogram_of(const std::vector<std::int64_t>& values) {
  Histogram histogram;
  for (const auto value : values) histogram.record(nanoseconds(value));
  return histogram;
}

void expect_same(const Histogram& a, const Histogram& b) {
  EXPECT_EQ(a.count(), b.count());
  EXPECT_EQ(a.overflow(), b.overflow());
  EXPECT_EQ(a.encode(), b.encode());
}

TEST(Histogram, quantiles_are_exact_to_three_digits) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    auto values = random_values(20'000, seed);
    const Histogram histogram = histogram_of(values);
    std::sort(values.begin(), values.end());
    for (const double q : {0.001, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
      const auto rank = static_cast<std::size_t>(std::ceil(q * 20'000 - 1e-6)) - 1;
      const auto exact = static_cast<double>(values[rank]);
      const auto found = static_cast<double>(histogram.quantile(q).count());
      EXPECT_GE(found, exact) << q;
      EXPECT_LE(found, exact * (1 + 1.0 / 1024)) << q;
    }
    EXPECT_EQ(histogram.min().count(), values.front());
    EXPECT_EQ(histogram.max().count(), values.back());
    EXPECT_EQ(histogram.quantile(1).count(), values.back());
  }
}

TEST(Histogram, small_values_are_exact) {
  Histogram histogram;
  for (int i = 1; i <= 2'000; ++i) histogram.record(nanoseconds(i));
  for (const double q : {0.01, 0.5, 0.99, 1.0}) {
    EXPECT_EQ(histogram.quantile(q).count(), std::llround(q * 2'000));
  }
  EXPECT_EQ(histogram.quantile(0).count(), 1);
  EXPECT_DOUBLE_EQ(histogram.mean_ns(), 1000.5);
}

TEST(Histogram, empty_one_answers_zero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.quantile(0.99).count(), 0);
  EXPECT_EQ(histogram.min().count(), 0);
  EXPECT_EQ(histogram.max().count(), 0);
  EXPECT_EQ(histogram.mean_ns(), 0);
}

TEST(Histogram, merge_equals_union) {
  const auto first = random_values(5'000, 7);
  const auto second = random_values(3'000, 8);
  auto both = first;
  both.insert(both.end(), second.begin(), second.end());

  Histogram merged = histogram_of(first);
  merged.merge(histogram_of(second));
  const Histogram whole = histogram_of(both);

  expect_same(merged, whole);
  EXPECT_EQ(merged.min(), whole.min());
  EXPECT_EQ(merged.max(), whole.max());
  merged.merge(Histogram());
  expect_same(merged, whole);
}

TEST(Histogram, subtract_leaves_what_came_later) {
  const auto later_values = random_values(4'000, 10);
  Histogram histogram = histogram_of(random_values(4'000, 9));
  const Histogram earlier = histogram;
  for (const auto value : later_values) histogram.record(nanoseconds(value));
  histogram.record(std::chrono::hours(2));
  histogram.subtract(earlier);

  Histogram later = histogram_of(later_values);
  later.record(std::chrono::hours(2));
  expect_same(histogram, later);
  EXPECT_EQ(histogram.max(), later.max());
  histogram.subtract(later);
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.max().count(), 0);
}

TEST(Histogram, overflow_is_counted_and_never_dropped) {
  Histogram histogram;
  histogram.record(std::chrono::hours(1), 98);
  EXPECT_EQ(histogram.overflow(), 0U);
  histogram.record(std::chrono::hours(1) + nanoseconds(1));
  histogram.record(std::chrono::hours(5));

  EXPECT_EQ(histogram.overflow(), 2U);
  EXPECT_EQ(histogram.count(), 100U);
  EXPECT_EQ(histogram.max(), std::chrono::hours(5));
  EXPECT_EQ(histogram.quantile(0.99), std::chrono::hours(5));
  EXPECT_LE(histogram.quantile(0.98), std::chrono::hours(1) + std::chrono::seconds(4));
  EXPECT_EQ(histogram.count_above(std::chrono::hours(1)), 2U);
  EXPECT_EQ(histogram.count_above(std::chrono::minutes(30)), 100U);

  const Histogram back = Histogram::decode(histogram.encode());
  EXPECT_EQ(back.overflow(), 2U);
  EXPECT_EQ(back.count(), 100U);
}

TEST(Histogram, negative_values_count_as_zero) {
  Histogram histogram;
  histogram.record(nanoseconds(-5));
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.max().count(), 0);
  EXPECT_EQ(histogram.count_above(nanoseconds(-1)), 1U);
}

TEST(Histogram, count_above_is_exact_for_small_values_and_within_a_bucket_beyond) {
  auto values = random_values(10'000, 11);
  const Histogram histogram = histogram_of(values);
  for (const std::int64_t limit : {0L, 17L, 2'047L, 30'000L, 30'000'000L, 3'000'000'000L}) {
    const auto over = [&](double bound) {
      return static_cast<std::uint64_t>(std::count_if(
          values.begin(), values.end(), [&](auto v) { return static_cast<double>(v) > bound; }));
    };
    const std::uint64_t found = histogram.count_above(nanoseconds(limit));
    const auto exact = static_cast<double>(limit);
    EXPECT_LE(found, over(exact));
    EXPECT_GE(found, over(limit < 2'048 ? exact : exact * (1 + 1.0 / 1024)));
  }
}

TEST(Histogram, concurrent_recording_loses_nothing) {
  constexpr int threads = 4;
  constexpr std::size_t each = 100'000;
  Histogram shared;
  Histogram expected;
  {
    std::vector<std::jthread> recorders;
    recorders.reserve(threads);
    for (int i = 0; i < threads; ++i) {
      recorders.emplace_back([&shared, i] {
        for (const auto value : random_values(each, static_cast<unsigned>(i))) {
          shared.record(nanoseconds(value));
        }
      });
    }
    for (int i = 0; i < 50; ++i) EXPECT_LE(shared.quantile(0.5), std::chrono::hours(1));
  }
  for (int i = 0; i < threads; ++i) {
    expected.merge(histogram_of(random_values(each, static_cast<unsigned>(i))));
  }
  expect_same(shared, expected);
  EXPECT_EQ(shared.min(), expected.min());
  EXPECT_EQ(shared.max(), expected.max());
}

TEST(Histogram, counts_are_64_bit) {
  Histogram histogram;
  histogram.record(nanoseconds(100), 5'000'000'000);
  histogram.record(nanoseconds(100), 5'000'000'000);
  histogram.record(nanoseconds(200), 1);
  EXPECT_EQ(histogram.count(), 10'000'000'001U);
  EXPECT_EQ(histogram.quantile(1 - 1e-9).count(), 100);
  expect_same(Histogram::decode(histogram.encode()), histogram);
}

TEST(Histogram, copies_are_independent) {
  Histogram original = histogram_of({1, 2, 3});
  const Histogram copy = original;
  original.record(nanoseconds(4));
  EXPECT_EQ(copy.count(), 3U);
  Histogram assigned;
  assigned.record(nanoseconds(9));
  assigned = copy;
  expect_same(assigned, copy);
  original.reset();
  EXPECT_EQ(original.count(), 0U);
  EXPECT_EQ(assigned.min().count(), 1);
}

TEST(Histogram, quantiles_in_milliseconds) {
  Histogram histogram;
  for (int i = 1; i <= 1'000; ++i) histogram.record(std::chrono::microseconds(i));
  const Quantiles found = histogram.quantiles();
  EXPECT_NEAR(found.p50, 0.5, 0.001);
  EXPECT_NEAR(found.p90, 0.9, 0.001);
  EXPECT_NEAR(found.p99, 0.99, 0.001);
  EXPECT_NEAR(found.p999, 0.999, 0.001);
  EXPECT_DOUBLE_EQ(found.max, 1.0);
  EXPECT_NEAR(found.mean, 0.5005, 0.0005);
}

}  // namespace
}  // namespace yardmaster::metrics
