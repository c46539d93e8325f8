#include "metrics/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "metrics/histogram_data.h"

namespace yardmaster::metrics {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

// The smallest rank of 1 … count that covers q; the factor forgives 0.07 · 100 > 7.
std::uint64_t rank_of(double q, std::uint64_t count) {
  const double rank = std::ceil(q * static_cast<double>(count) * (1 - 1e-12));
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(rank, 1.0)), 1, count);
}

double middle_of(std::size_t index) {
  return static_cast<double>(layout::lowest_in(index) + layout::highest_in(index)) / 2;
}

double to_ms(double nanoseconds) { return nanoseconds / 1e6; }

}  // namespace

void Histogram::Data::include(std::int64_t value) noexcept {
  std::int64_t seen = max.load(relaxed);
  while (value > seen && !max.compare_exchange_weak(seen, value, relaxed)) {
  }
  seen = min.load(relaxed);
  while (value < seen && !min.compare_exchange_weak(seen, value, relaxed)) {
  }
}

void Histogram::Data::add_to_bucket(std::size_t index, std::uint64_t count) noexcept {
  if (count == 0) return;
  (index < counts.size() ? counts[index] : overflow).fetch_add(count, relaxed);
  include(static_cast<std::int64_t>(layout::lowest_in(index)));
  include(static_cast<std::int64_t>(layout::highest_in(index)));
}

Histogram::Histogram() : data_(std::make_unique<Data>()) {}

Histogram::Histogram(const Histogram& other) : Histogram() { merge(other); }

Histogram& Histogram::operator=(const Histogram& other) {
  if (this != &other) *this = Histogram(other);
  return *this;
}

Histogram::Histogram(Histogram&&) noexcept = default;
Histogram& Histogram::operator=(Histogram&&) noexcept = default;
Histogram::~Histogram() = default;

void Histogram::record(std::chrono::nanoseconds value) noexcept { record(value, 1); }

void Histogram::record(std::chrono::nanoseconds value, std::uint64_t count) noexcept {
  if (count == 0) return;
  const std::int64_t known = std::max<std::int64_t>(value.count(), 0);
  const auto index = static_cast<std::uint64_t>(known);
  if (index > layout::highest_trackable) {
    data_->overflow.fetch_add(count, relaxed);
  } else {
    data_->counts[layout::index_of(index)].fetch_add(count, relaxed);
  }
  data_->include(known);
}

void Histogram::merge(const Histogram& other) noexcept {
  for (std::size_t i = 0; i < data_->counts.size(); ++i) {
    const std::uint64_t count = other.data_->counts[i].load(relaxed);
    if (count != 0) data_->counts[i].fetch_add(count, relaxed);
  }
  data_->overflow.fetch_add(other.data_->overflow.load(relaxed), relaxed);
  data_->include(other.data_->max.load(relaxed));
  const std::int64_t lowest = other.data_->min.load(relaxed);
  if (lowest != std::numeric_limits<std::int64_t>::max()) data_->include(lowest);
}

void Histogram::subtract(const Histogram& earlier) noexcept {
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
  std::int64_t highest = 0;
  for (std::size_t i = 0; i < data_->counts.size(); ++i) {
    const std::uint64_t had = data_->counts[i].load(relaxed);
    const std::uint64_t left = had - std::min(had, earlier.data_->counts[i].load(relaxed));
    data_->counts[i].store(left, relaxed);
    if (left == 0) continue;
    lowest = std::min(lowest, static_cast<std::int64_t>(layout::lowest_in(i)));
    highest = static_cast<std::int64_t>(layout::highest_in(i));
  }
  const std::uint64_t had = data_->overflow.load(relaxed);
  const std::uint64_t left = had - std::min(had, earlier.data_->overflow.load(relaxed));
  data_->overflow.store(left, relaxed);
  const std::int64_t seen = data_->max.load(relaxed);
  data_->max.store(left > 0 ? seen : std::min(highest, seen), relaxed);
  data_->min.store(left > 0 ? std::min(lowest, seen) : lowest, relaxed);
}

void Histogram::reset() noexcept {
  for (auto& count : data_->counts) count.store(0, relaxed);
  data_->overflow.store(0, relaxed);
  data_->min.store(std::numeric_limits<std::int64_t>::max(), relaxed);
  data_->max.store(0, relaxed);
}

std::uint64_t Histogram::count() const noexcept {
  std::uint64_t sum = overflow();
  for (const auto& count : data_->counts) sum += count.load(relaxed);
  return sum;
}

std::uint64_t Histogram::overflow() const noexcept { return data_->overflow.load(relaxed); }

std::chrono::nanoseconds Histogram::min() const noexcept {
  const std::int64_t value = data_->min.load(relaxed);
  return std::chrono::nanoseconds(value == std::numeric_limits<std::int64_t>::max() ? 0 : value);
}

std::chrono::nanoseconds Histogram::max() const noexcept {
  return std::chrono::nanoseconds(data_->max.load(relaxed));
}

double Histogram::mean_ns() const noexcept {
  double sum = 0;
  std::uint64_t count = overflow();
  sum += static_cast<double>(count) * static_cast<double>(max().count());
  for (std::size_t i = 0; i < data_->counts.size(); ++i) {
    const std::uint64_t here = data_->counts[i].load(relaxed);
    if (here == 0) continue;
    count += here;
    sum += static_cast<double>(here) * middle_of(i);
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

std::chrono::nanoseconds Histogram::quantile(double q) const noexcept {
  const std::uint64_t total = count();
  if (total == 0) return {};
  const std::uint64_t rank = rank_of(q, total);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < data_->counts.size(); ++i) {
    seen += data_->counts[i].load(relaxed);
    if (seen < rank) continue;
    return std::min(std::chrono::nanoseconds(layout::highest_in(i)), max());
  }
  return max();
}

std::uint64_t Histogram::count_above(std::chrono::nanoseconds limit) const noexcept {
  std::uint64_t sum = overflow();
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(limit.count(), 0));
  if (value >= layout::highest_trackable) return sum;
  const std::size_t first = limit.count() < 0 ? 0 : layout::index_of(value) + 1;
  for (std::size_t i = first; i < data_->counts.size(); ++i) sum += data_->counts[i].load(relaxed);
  return sum;
}

std::vector<std::uint64_t> Histogram::counts_up_to(
    std::span<const std::chrono::nanoseconds> limits) const {
  std::vector<std::uint64_t> counts;
  counts.reserve(limits.size());
  std::uint64_t sum = 0;
  std::size_t next = 0;
  for (const auto limit : limits) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(limit.count(), 0));
    const std::size_t end = limit.count() < 0                    ? 0
                            : value >= layout::highest_trackable ? data_->counts.size()
                                                                 : layout::index_of(value) + 1;
    for (; next < end; ++next) sum += data_->counts[next].load(relaxed);
    counts.push_back(sum);
  }
  return counts;
}

Quantiles Histogram::quantiles() const noexcept {
  const std::array<double, 4> wanted{0.5, 0.9, 0.99, 0.999};
  std::array<double, 4> found{};
  const double largest = to_ms(static_cast<double>(max().count()));
  const std::uint64_t total = count();
  std::array<std::uint64_t, 4> ranks{};
  for (std::size_t i = 0; i < ranks.size() && total > 0; ++i) ranks[i] = rank_of(wanted[i], total);
  std::size_t next = 0;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < data_->counts.size() && next < wanted.size() && total > 0; ++i) {
    seen += data_->counts[i].load(relaxed);
    for (; next < wanted.size() && seen >= ranks[next]; ++next) {
      found[next] = std::min(to_ms(static_cast<double>(layout::highest_in(i))), largest);
    }
  }
  for (; next < wanted.size(); ++next) found[next] = largest;
  return {.p50 = found[0],
          .p90 = found[1],
          .p99 = found[2],
          .p999 = found[3],
          .max = largest,
          .mean = to_ms(mean_ns())};
}

}  // namespace yardmaster::metrics
