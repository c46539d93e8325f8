#include "reports/compare_sets.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "coordinator/base/error.h"
#include "reports/figure_text.h"
#include "reports/run_text.h"
#include "reports/statistics.h"
#include "reports/text_table.h"

namespace yardmaster::reports {
namespace {

using Load = std::tuple<std::uint64_t, double, std::string, std::string>;
using RunsByLoad = std::map<Load, std::vector<const Run*>>;

RunsByLoad runs_by_load(std::span<const Report> reports) {
  RunsByLoad found;
  for (const Report& report : reports) {
    for (const Run& run : report.runs) {
      found[{run.instances, run.interval_ms, run.arrivals, run.transaction}].push_back(&run);
    }
  }
  return found;
}

// The logarithms of one quantile, of the runs that have it.
std::vector<double> logarithms(const std::vector<const Run*>& runs, const std::string& measurement,
                               double metrics::Quantiles::*quantile) {
  std::vector<double> values;
  for (const Run* run : runs) {
    const auto found = run->measurements.find(measurement);
    if (found == run->measurements.end()) continue;
    const double value = found->second.latency_ms.*quantile;
    if (found->second.count > 0 && std::isfinite(value) && value > 0) {
      values.push_back(std::log(value));
    }
  }
  return values;
}

struct Spread {
  double mean = 0;
  double error2 = 0;  // squared standard error of the mean
  double freedom = 0;

  explicit Spread(const std::vector<double>& values) {
    const auto n = static_cast<double>(values.size());
    mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    freedom = n - 1;
    error2 = squares / freedom / n;
  }
};

// The t above which a share of `tail` lies.
double student_quantile(double tail, double freedom) {
  double low = 0;
  double high = 1e4;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (student_tail(middle, freedom) > tail ? low : high) = middle;
  }
  return low;
}

SetChange change_between(const std::vector<double>& before, const std::vector<double>& after) {
  SetChange change;
  const Spread a(before);
  const Spread b(after);
  change.before_ms = std::exp(a.mean);
  change.after_ms = std::exp(b.mean);
  change.ratio = std::exp(b.mean - a.mean);
  constexpr double smallest = 1e-12;  // of runs that are alike to the last digit
  const double error2 = std::max(a.error2 + b.error2, smallest);
  const double parts = a.error2 * a.error2 / a.freedom + b.error2 * b.error2 / b.freedom;
  const double freedom = parts > 0 ? std::max(error2 * error2 / parts, 1.0) : a.freedom + b.freedom;
  const double error = std::sqrt(error2);
  change.p_value = std::min(1.0, 2 * student_tail(std::abs(b.mean - a.mean) / error, freedom));
  change.least_ratio =
      std::exp(error * (student_quantile(0.025, freedom) + student_quantile(0.2, freedom)));
  change.trend = Trend::unchanged;
  return change;
}

SetComparison compare_loads(const std::vector<const Run*>& before,
                            const std::vector<const Run*>& after) {
  static constexpr std::array<std::pair<const char*, double metrics::Quantiles::*>, 2> quantiles{
      {{"P50", &metrics::Quantiles::p50}, {"P99", &metrics::Quantiles::p99}}};
  SetComparison comparison;
  comparison.title = title_of(*after.front());
  comparison.before_runs = before.size();
  comparison.after_runs = after.size();
  const auto is_clean = [](const Run* run) { return run->audit.clean(); };
  comparison.lost_integrity = std::all_of(before.begin(), before.end(), is_clean) &&
                              !std::all_of(after.begin(), after.end(), is_clean);
  for (const auto& [name, measurement] : before.front()->measurements) {
    for (const auto& [label, quantile] : quantiles) {
      const auto a = logarithms(before, name, quantile);
      const auto b = logarithms(after, name, quantile);
      if (a.size() < fewest_compared || b.size() < fewest_compared) continue;
      SetChange change = change_between(a, b);
      change.measurement = name;
      change.quantile = label;
      comparison.changes.push_back(std::move(change));
    }
  }
  return comparison;
}

// Holm's step-down correction, so that all comparisons together are wrong with probability alpha.
void decide_trends(std::vector<SetComparison>& comparisons, double alpha) {
  std::vector<SetChange*> changes;
  for (SetComparison& comparison : comparisons) {
    for (SetChange& change : comparison.changes) changes.push_back(&change);
  }
  std::sort(changes.begin(), changes.end(),
            [](const SetChange* a, const SetChange* b) { return a->p_value < b->p_value; });
  double largest = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SetChange& change = *changes[i];
    largest = std::max(largest, change.p_value * static_cast<double>(changes.size() - i));
    change.p_value = std::min(largest, 1.0);
    if (change.p_value > alpha) continue;
    change.trend = change.ratio > 1 ? Trend::slower : Trend::faster;
  }
}

std::string percent_of(double ratio) {
  return (ratio < 1 ? "-" : "+") + decimals(std::abs(ratio - 1) * 100, 1) + "%";
}

std::string with_colour(Trend trend, bool colours) {
  std::string text(to_string(trend));
  if (!colours || trend == Trend::unchanged) return text;
  return (trend == Trend::slower ? "\x1b[31m" : "\x1b[32m") + text + "\x1b[0m";
}

TextTable change_table(const SetComparison& comparison, bool colours) {
  TextTable table({{"ms", Align::left},
                   {"before"},
                   {"after"},
                   {"change"},
                   {"visible from"},
                   {"p"},
                   {"", Align::left}});
  for (const SetChange& change : comparison.changes) {
    table.add({change.measurement + " " + change.quantile, milliseconds(change.before_ms),
               milliseconds(change.after_ms), percent_of(change.ratio),
               percent_of(change.least_ratio), decimals(change.p_value, 3),
               with_colour(change.trend, colours)});
  }
  return table;
}

}  // namespace

bool SetComparison::regression() const {
  return lost_integrity || std::any_of(changes.begin(), changes.end(), [](const SetChange& change) {
           return change.trend == Trend::slower;
         });
}

std::vector<SetComparison> compare_sets(std::span<const Report> before,
                                        std::span<const Report> after, double alpha) {
  const RunsByLoad first = runs_by_load(before);
  const RunsByLoad second = runs_by_load(after);
  std::vector<SetComparison> comparisons;
  for (const auto& [load, runs] : first) {
    const auto other = second.find(load);
    if (other == second.end()) continue;
    if (runs.size() < fewest_compared || other->second.size() < fewest_compared) continue;
    comparisons.push_back(compare_loads(runs, other->second));
  }
  if (comparisons.empty()) {
    throw Error(ErrorCode::usage, "no load has at least three runs on both sides");
  }
  decide_trends(comparisons, alpha);
  return comparisons;
}

std::string to_terminal(const std::vector<SetComparison>& comparisons, bool colours) {
  std::string out;
  bool worse = false;
  for (const SetComparison& comparison : comparisons) {
    worse |= comparison.regression();
    out += wrapped(comparison.title + ": " + grouped(comparison.before_runs) + " runs against " +
                       grouped(comparison.after_runs),
                   0, line_width);
    out += change_table(comparison, colours).plain(2);
    if (comparison.lost_integrity) out += wrapped("the audit is not clean any more", 4, line_width);
    out += '\n';
  }
  return out + (worse ? "significant regression\n" : "no significant regression\n");
}

}  // namespace yardmaster::reports
