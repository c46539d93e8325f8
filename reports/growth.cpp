#include "reports/growth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace yardmaster::reports {
namespace {

constexpr std::size_t blocks = 8;
constexpr std::size_t least_in_block = 20;
constexpr double block_quantile = 0.9;
// How many standard errors beyond the line: going on for nothing costs time alone.
constexpr double caution = 1.28;

// More than 1 − q would be over the limit in all of the longest duration: the line of least squares
// through the indicators "over the limit", taken to the middle of that duration.
bool exceeds_in_the_end(std::span<const Sample> samples, double q, Sample limit, double fraction) {
  double over = 0;
  double places = 0;  // of those over the limit, from −1/2 to 1/2
  const auto n = static_cast<double>(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (samples[i] <= limit) continue;
    ++over;
    places += (static_cast<double>(i) + 0.5) / n - 0.5;
  }
  const double rate = over / n;
  const double slope = 12 * places / n;
  const double ahead = 0.5 / fraction - 0.5;
  const double variance = rate * (1 - rate) * design_effect(samples, limit) / n;
  const double error = std::sqrt(variance * (1 + 12 * ahead * ahead));
  return rate + slope * ahead + caution * error > 1 - q;
}

// Each block's P90, as a logarithm.
std::array<double, blocks> heights_of(std::span<const Sample> samples) {
  std::array<double, blocks> heights{};
  const std::size_t length = samples.size() / blocks;
  for (std::size_t i = 0; i < blocks; ++i) {
    const Sample height = quantile_of(samples.subspan(i * length, length), block_quantile);
    heights[i] = std::log(std::max(static_cast<double>(height), 1.0));
  }
  return heights;
}

// The quantile q would pass the limit by the end of the longest duration: it rises as the line of
// least squares through the blocks' P90 does.
bool quantile_passes(std::span<const Sample> samples, double q, Sample limit, double fraction) {
  const std::array<double, blocks> heights = heights_of(samples);
  const double middle = std::accumulate(heights.begin(), heights.end(), 0.0) / blocks;
  double across = 0;
  double slope = 0;
  double scatter = 0;
  for (std::size_t i = 0; i < blocks; ++i) {
    const double place = static_cast<double>(i) + 0.5 - blocks / 2.0;
    across += place * place;
    slope += place * heights[i];
    scatter += (heights[i] - middle) * (heights[i] - middle);
  }
  slope /= across;
  const double residual = std::max(scatter - slope * slope * across, 0.0) / (blocks - 2);
  const double steepest = slope + caution * std::sqrt(residual / across);
  const double ahead = blocks / fraction - blocks / 2.0;
  const double now = std::log(std::max(static_cast<double>(quantile_of(samples, q)), 1.0));
  return now + steepest * ahead > std::log(static_cast<double>(limit));
}

}  // namespace

bool grows_past(std::span<const Sample> samples, double q, std::chrono::nanoseconds limit,
                double fraction) {
  if (fraction >= 1 || samples.size() < blocks * least_in_block) return false;
  const Sample threshold = to_sample(limit);
  return exceeds_in_the_end(samples, q, threshold, fraction) ||
         quantile_passes(samples, q, threshold, fraction);
}

}  // namespace yardmaster::reports
