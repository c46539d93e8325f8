#include "reports/history.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <random>
#include <utility>

#include "reports/figure_text.h"
#include "reports/text_table.h"

namespace yardmaster::reports {
namespace {

constexpr std::size_t least_stretch = 3;
constexpr int permutations = 499;
constexpr double change_alpha = 0.01;  // there are many series

struct Split {
  std::size_t at = 0;
  double energy = 0;
};

// The sum of the distances from values[i] to those in [from, to).
double distances(std::span<const double> values, std::size_t i, std::size_t from, std::size_t to) {
  double sum = 0;
  for (std::size_t j = from; j < to; ++j) sum += std::abs(values[i] - values[j]);
  return sum;
}

double pairs_in(double count) { return count * (count - 1) / 2; }

// The split with the largest energy distance between its sides, scaled by their lengths.
Split best_split(std::span<const double> values) {
  const std::size_t n = values.size();
  double left = 0;
  double right = 0;
  double between = 0;
  for (std::size_t i = 0; i < n; ++i) right += distances(values, i, 0, i);
  Split best;
  for (std::size_t at = 1; at + least_stretch <= n; ++at) {
    // values[at - 1] goes over from the right side to the left one.
    const double to_left = distances(values, at - 1, 0, at - 1);
    const double to_right = distances(values, at - 1, at, n);
    left += to_left;
    right -= to_right;
    between += to_right - to_left;
    if (at < least_stretch) continue;
    const auto a = static_cast<double>(at);
    const auto b = static_cast<double>(n - at);
    const double distance = 2 * between / (a * b) - left / pairs_in(a) - right / pairs_in(b);
    const double energy = distance * a * b / (a + b);
    if (energy > best.energy) best = {.at = at, .energy = energy};
  }
  return best;
}

// Whether so good a split is rare among the same values in another order.
bool is_rare(std::span<const double> values, double energy) {
  std::mt19937_64 random(values.size());
  std::vector<double> shuffled(values.begin(), values.end());
  int as_good = 1;
  for (int i = 0; i < permutations; ++i) {
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    as_good += best_split(shuffled).energy >= energy;
  }
  return as_good <= change_alpha * (permutations + 1);
}

void find_changes(std::span<const double> values, std::size_t first,
                  std::vector<std::size_t>& found) {
  if (values.size() < 2 * least_stretch) return;
  const Split split = best_split(values);
  if (split.at == 0 || !is_rare(values, split.energy)) return;
  find_changes(values.first(split.at), first, found);
  found.push_back(first + split.at);
  find_changes(values.subspan(split.at), first + split.at, found);
}

// The logarithms of one figure over the reports that have it.
struct Series {
  std::vector<std::string> names;
  std::vector<double> values;
};

using SeriesKey = std::array<std::string, 3>;  // load, measurement, quantile

std::string load_name(const Run& run) {
  return joined({run.scenario, grouped(run.instances), run.store, run.durability}, " ");
}

std::map<SeriesKey, Series> series_of(std::span<const NamedReport> reports) {
  std::map<SeriesKey, Series> all;
  for (const NamedReport& one : reports) {
    for (const Run& run : one.report.runs) {
      for (const auto& [name, measured] : run.measurements) {
        const metrics::Quantiles& figures = measured.latency_ms;
        for (const auto& [label, value] :
             {std::pair("P50", figures.p50), std::pair("P99", figures.p99)}) {
          if (!std::isfinite(value) || value <= 0) continue;
          Series& series = all[{load_name(run), name, label}];
          series.names.push_back(one.name);
          series.values.push_back(std::log(value));
        }
      }
    }
  }
  return all;
}

double geometric_mean(std::span<const double> logarithms) {
  const double sum = std::accumulate(logarithms.begin(), logarithms.end(), 0.0);
  return std::exp(sum / static_cast<double>(logarithms.size()));
}

}  // namespace

std::vector<std::size_t> change_points(std::span<const double> values) {
  std::vector<std::size_t> found;
  find_changes(values, 0, found);
  return found;
}

History history_of(std::span<const NamedReport> reports) {
  History history;
  for (const auto& [key, series] : series_of(reports)) {
    ++history.series;
    const std::vector<std::size_t> points = change_points(series.values);
    const std::span<const double> values(series.values);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::size_t begin = i == 0 ? 0 : points[i - 1];
      const std::size_t end = i + 1 == points.size() ? values.size() : points[i + 1];
      history.changes.push_back(
          {.load = key[0],
           .measurement = key[1],
           .quantile = key[2],
           .since = series.names[points[i]],
           .before_ms = geometric_mean(values.subspan(begin, points[i] - begin)),
           .after_ms = geometric_mean(values.subspan(points[i], end - points[i]))});
    }
  }
  return history;
}

std::string to_terminal(const History& history) {
  if (history.changes.empty()) {
    return "no change in " + grouped(history.series) + " series\n";
  }
  TextTable table({{"since", Align::left},
                   {"load", Align::left},
                   {"ms", Align::left},
                   {"before"},
                   {"after"},
                   {"ratio"}});
  for (const HistoryChange& change : history.changes) {
    table.add({change.since, change.load, change.measurement + " " + change.quantile,
               milliseconds(change.before_ms), milliseconds(change.after_ms),
               decimals(change.after_ms / change.before_ms, 2)});
  }
  return table.plain(0);
}

}  // namespace yardmaster::reports
