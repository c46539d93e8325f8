#include "reports/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>

namespace yardmaster::reports {
namespace {

constexpr std::size_t most_groups = 8192;
constexpr double bulk = 0.95;  // correlation is estimated here, where exceedances abound

// The exceedances of each group of neighbouring samples; an incomplete last group is left out.
std::vector<double> group_sums(std::span<const Sample> samples, Sample threshold,
                               std::size_t group) {
  std::vector<double> sums(samples.size() / group);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    std::uint32_t over = 0;
    for (const Sample sample : samples.subspan(i * group, group)) over += sample > threshold;
    sums[i] = over;
  }
  return sums;
}

double autocovariance(std::span<const double> centred, std::size_t lag) {
  const auto ahead = centred.subspan(lag);
  const double sum = std::inner_product(ahead.begin(), ahead.end(), centred.begin(), 0.0);
  return sum / static_cast<double>(centred.size());
}

// The integrated autocorrelation time by Geyer's initial monotone sequence: sums of neighbouring
// autocovariances are taken while they are positive, each at most as large as the one before.
double autocorrelation_time(std::span<const double> centred, double variance) {
  double sum = 0;
  double previous = std::numeric_limits<double>::infinity();
  for (std::size_t lag = 0; lag + 1 < centred.size(); lag += 2) {
    const double at_lag = lag == 0 ? variance : autocovariance(centred, lag);
    const double pair = at_lag + autocovariance(centred, lag + 1);
    if (pair <= 0) break;
    previous = std::min(previous, pair);
    sum += previous;
  }
  return 2 * sum / variance - 1;
}

std::size_t rank_of(double q, std::size_t count) {
  const double rank = std::ceil(q * static_cast<double>(count) * (1 - 1e-12));
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::max(rank, 1.0)), 1, count);
}

double to_ms(double nanoseconds) { return nanoseconds / 1e6; }

// Samples of which the part from P90 on is sorted and the rest is below it.
class Ordered {
 public:
  explicit Ordered(std::span<const Sample> samples) : values_(samples.begin(), samples.end()) {
    const auto tail = values_.begin() + static_cast<std::ptrdiff_t>(rank_of(0.9, size()) - 1);
    std::nth_element(values_.begin(), tail, values_.end());
    std::sort(tail, values_.end());
    const auto median = values_.begin() + static_cast<std::ptrdiff_t>(rank_of(0.5, size()) - 1);
    std::nth_element(values_.begin(), median, tail);
  }

  std::size_t size() const { return values_.size(); }
  // q is 0.5, or at least 0.9.
  Sample at(double q) const { return values_[rank_of(q, size()) - 1]; }
  // The rank-th largest, 1 being the largest. Rank: within the upper tenth.
  Sample from_top(std::size_t rank) const { return values_[size() - rank]; }

  metrics::Quantiles quantiles_ms() const {
    const double sum = std::accumulate(values_.begin(), values_.end(), 0.0);
    return {.p50 = to_ms(at(0.5)),
            .p90 = to_ms(at(0.9)),
            .p99 = to_ms(at(0.99)),
            .p999 = to_ms(at(0.999)),
            .max = to_ms(values_.back()),
            .mean = to_ms(sum / static_cast<double>(size()))};
  }

 private:
  std::vector<Sample> values_;
};

// The smallest number of exceedances, within the upper tenth, for which `holds`, which stays true
// from then on.
template <typename Predicate>
std::size_t first_rank(std::size_t count, Predicate holds) {
  std::size_t low = 0;
  std::size_t high = count / 10 + 1;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (holds(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// The interval holds every limit that a test at 2.5% would neither pass nor fail.
void add_interval(Measurement& measurement, const Ordered& ordered, double design) {
  constexpr double q = 0.99;
  constexpr double alpha = 0.025;
  const std::size_t count = ordered.size();
  const double n = static_cast<double>(count) / design;
  const std::size_t not_passing = first_rank(count, [&](std::size_t over) {
    return probability_at_most(static_cast<double>(over) / design, n, q) > alpha;
  });
  const std::size_t failing = first_rank(count, [&](std::size_t over) {
    return probability_at_least(static_cast<double>(over) / design, n, q) <= alpha;
  });
  measurement.effective_count = n;
  measurement.p99_high_ms = not_passing == 0 ? std::numeric_limits<double>::infinity()
                                             : to_ms(ordered.from_top(not_passing));
  measurement.p99_low_ms = failing > count / 10 ? 0 : to_ms(ordered.from_top(failing));
}

}  // namespace

Look only_look() { return {.fraction = 1, .alpha = 0.05}; }

std::vector<Look> planned_looks() { return {{0.25, 0.02}, {0.5, 0.02}, {1, 0.02}}; }

Sample quantile_of(std::span<const Sample> samples, double q) {
  std::vector<Sample> copy(samples.begin(), samples.end());
  const auto nth = copy.begin() + static_cast<std::ptrdiff_t>(rank_of(q, copy.size()) - 1);
  std::nth_element(copy.begin(), nth, copy.end());
  return *nth;
}

double design_effect(std::span<const Sample> samples, Sample threshold) {
  if (samples.size() < 2) return 1;
  const std::size_t group = (samples.size() + most_groups - 1) / most_groups;
  std::vector<double> sums = group_sums(samples, threshold, group);
  const auto groups = static_cast<double>(sums.size());
  const double mean = std::accumulate(sums.begin(), sums.end(), 0.0) / groups;
  const double rate = mean / static_cast<double>(group);
  if (rate <= 0 || rate >= 1) return 1;
  for (double& sum : sums) sum -= mean;
  const double variance = autocovariance(sums, 0);
  const double independent = static_cast<double>(group) * rate * (1 - rate);
  if (variance <= 0) return 1;
  return std::max(1.0, autocorrelation_time(sums, variance) * variance / independent);
}

Measurement summarize(std::span<const Sample> latency, std::span<const Sample> service) {
  Measurement measurement;
  if (latency.empty()) return measurement;
  const Ordered ordered(latency);
  measurement.count = latency.size();
  measurement.unanswered =
      static_cast<std::uint64_t>(std::count(latency.begin(), latency.end(), unanswered));
  measurement.latency_ms = ordered.quantiles_ms();
  measurement.service_ms =
      service.empty() ? measurement.latency_ms : Ordered(service).quantiles_ms();
  const double design =
      std::max(design_effect(latency, ordered.at(0.99)), design_effect(latency, ordered.at(bulk)));
  add_interval(measurement, ordered, design);
  return measurement;
}

std::vector<double> distribution_ms(std::span<const Sample> samples) {
  std::vector<Sample> values(samples.begin(), samples.end());
  std::vector<double> points;
  auto rest = values.begin();  // what comes before is smaller
  for (std::size_t i = 0; i < distribution_size(values.size()); ++i) {
    const std::size_t rank = rank_of(distribution_quantile(i), values.size());
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::nth_element(rest, nth, values.end());
    points.push_back(to_ms(*nth));
    rest = nth;
  }
  return points;
}

Measurement summarize(const metrics::Histogram& histogram) {
  Measurement measurement;
  measurement.count = histogram.count();
  measurement.latency_ms = histogram.quantiles();
  measurement.service_ms = measurement.latency_ms;
  if (measurement.count > 0) {
    measurement.p99_high_ms = std::numeric_limits<double>::infinity();
  }
  for (std::size_t i = 0; i < distribution_size(measurement.count); ++i) {
    const auto value = histogram.quantile(distribution_quantile(i));
    measurement.latency_distribution_ms.push_back(to_ms(static_cast<double>(value.count())));
  }
  measurement.service_distribution_ms = measurement.latency_distribution_ms;
  return measurement;
}

}  // namespace yardmaster::reports
