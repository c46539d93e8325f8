#include "reports/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <tuple>
#include <utility>

#include "coordinator/base/error.h"
#include "reports/figure_text.h"
#include "reports/run_text.h"

namespace yardmaster::reports {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double z95 = 1.959963984540054;

// The logarithm of a P99: its value, and how far its 95% interval reaches to either side.
struct LogP99 {
  double value;
  double below;
  double above;
};

bool has_p99(const Measurement& from) {
  return from.count > 0 && from.effective_count > 0 && std::isfinite(from.latency_ms.p99) &&
         from.latency_ms.p99 > 0;
}

LogP99 log_p99(const Measurement& from) {
  const double value = std::log(from.latency_ms.p99);
  const double low = from.p99_low_ms > 0 ? std::log(from.p99_low_ms) : -infinity;
  return {.value = value, .below = value - low, .above = std::log(from.p99_high_ms) - value};
}

// More than one in a hundred is not answered any more: the intervals must not touch.
void judge_unanswered(Change& change, const Measurement& before, const Measurement& after,
                      double margin) {
  const bool apart = after.p99_low_ms > before.p99_high_ms * (1 + margin);
  if (!apart) return;
  change.trend = Trend::unchanged;
  change.ratio = change.ratio_high = infinity;
  change.ratio_low = after.p99_low_ms / before.p99_high_ms;
  change.p_value = 0;
}

// Donner's and Zou's method (MOVER): the interval of a difference from those of its two parts.
Change change_of(const std::string& name, const Measurement& before, const Measurement& after,
                 double margin) {
  Change change;
  change.measurement = name;
  change.before_ms = before.latency_ms.p99;
  change.after_ms = after.latency_ms.p99;
  if (has_p99(before) && std::isinf(after.latency_ms.p99)) {
    judge_unanswered(change, before, after, margin);
    return change;
  }
  if (!has_p99(before) || !has_p99(after)) return change;
  const LogP99 a = log_p99(before);
  const LogP99 b = log_p99(after);
  const double difference = b.value - a.value;
  const double down = std::hypot(b.below, a.above);
  const double up = std::hypot(b.above, a.below);
  change.ratio = std::exp(difference);
  change.ratio_low = std::exp(difference - down);
  change.ratio_high = std::exp(difference + up);
  // Towards no change, which is the side of the interval that decides.
  const double reach = difference > 0 ? down : up;
  if (!std::isfinite(reach)) return change;
  change.trend = Trend::unchanged;
  const double beyond = std::abs(difference) - std::log1p(margin);
  const double error = std::max(reach / z95, 1e-9);
  change.p_value = std::erfc(beyond / error / std::numbers::sqrt2) / 2;
  return change;
}

// Holm's step-down correction over all comparisons, so that many of them find no more than one.
void decide(std::vector<RunComparison>& runs, double alpha) {
  std::vector<Change*> changes;
  for (RunComparison& run : runs) {
    for (Change& change : run.changes) {
      if (change.trend != Trend::unknown) changes.push_back(&change);
    }
  }
  std::sort(changes.begin(), changes.end(),
            [](const Change* a, const Change* b) { return a->p_value < b->p_value; });
  double largest = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Change& change = *changes[i];
    const double corrected = change.p_value * static_cast<double>(changes.size() - i);
    largest = std::max(largest, std::min(corrected, 1.0));
    change.p_value = largest;
    if (largest <= alpha) change.trend = change.ratio > 1 ? Trend::slower : Trend::faster;
  }
}

auto compared_load(const Run& run) {
  return std::tie(run.instances, run.interval_ms, run.arrivals, run.transaction);
}

auto compared_conditions(const Run& run) {
  return std::tie(run.scenario, run.store, run.topology, run.checkpoint_policy, run.durability,
                  run.fsync_injected_ms, run.fsync_latency);
}

using Pairs = std::vector<std::pair<const Run*, const Run*>>;

// Takes out of both lists what belongs together, in order.
template <typename Same>
void match(std::vector<const Run*>& before, std::vector<const Run*>& after, Pairs& pairs,
           Same same) {
  for (auto a = before.begin(); a != before.end();) {
    const auto b = std::find_if(after.begin(), after.end(),
                                [&](const Run* candidate) { return same(**a, *candidate); });
    if (b == after.end()) {
      ++a;
      continue;
    }
    pairs.emplace_back(*a, *b);
    after.erase(b);
    a = before.erase(a);
  }
}

std::vector<const Run*> pointers(const std::vector<Run>& runs) {
  std::vector<const Run*> out;
  out.reserve(runs.size());
  for (const Run& run : runs) out.push_back(&run);
  return out;
}

void note_difference(std::vector<std::string>& notes, const char* what, const std::string& before,
                     const std::string& after) {
  if (before == after) return;
  const auto shown = [](const std::string& text) { return text.empty() ? "none" : text; };
  notes.push_back(std::string(what) + ": " + shown(before) + " -> " + shown(after));
}

void note_conditions(const Run& before, const Run& after, RunComparison& out) {
  note_difference(out.notes, "store", before.store, after.store);
  note_difference(out.notes, "topology", before.topology, after.topology);
  note_difference(out.notes, "checkpoints", before.checkpoint_policy, after.checkpoint_policy);
  note_difference(out.notes, "durability", before.durability, after.durability);
  note_difference(out.notes, "added to each fsync", injected_fsync_of(before),
                  injected_fsync_of(after));
  note_difference(out.notes, "achieved per second", decimals(before.achieved_per_s, 1),
                  decimals(after.achieved_per_s, 1));
  note_difference(out.notes, "verdict", std::string(to_string(before.verdict)),
                  std::string(to_string(after.verdict)));
  out.lost_integrity = before.audit.clean() && !after.audit.clean();
  if (out.lost_integrity)
    out.notes.push_back("the audit is not clean any more: " + audit_of(after));
}

RunComparison compare_runs(const Run& before, const Run& after, double margin) {
  RunComparison out;
  out.title = title_of(after);
  note_conditions(before, after, out);
  for (const auto& [name, measurement] : before.measurements) {
    const auto other = after.measurements.find(name);
    if (other == after.measurements.end()) {
      out.notes.push_back(name + ": only in the first report");
    } else {
      out.changes.push_back(change_of(name, measurement, other->second, margin));
    }
  }
  for (const auto& [name, measurement] : after.measurements) {
    if (!before.measurements.contains(name))
      out.notes.push_back(name + ": only in the second report");
  }
  return out;
}

void note_machines(const Environment& before, const Environment& after,
                   std::vector<std::string>& notes) {
  note_difference(notes, "machine", before.cpu, after.cpu);
  note_difference(notes, "cores", std::to_string(before.cores), std::to_string(after.cores));
  note_difference(notes, "kernel", before.kernel, after.kernel);
  note_difference(notes, "filesystem", before.filesystem, after.filesystem);
  note_difference(notes, "SQLite", before.sqlite_version, after.sqlite_version);
  note_difference(notes, "compiler", before.compiler, after.compiler);
  note_difference(notes, "build", before.build_type, after.build_type);
}

}  // namespace

std::string_view to_string(Trend trend) {
  switch (trend) {
    case Trend::unchanged:
      return "no significant change";
    case Trend::slower:
      return "slower";
    case Trend::faster:
      return "faster";
    case Trend::unknown:
      break;
  }
  return "too few samples to tell";
}

bool Comparison::regression() const {
  return std::any_of(runs.begin(), runs.end(), [](const RunComparison& run) {
    return run.lost_integrity ||
           std::any_of(run.changes.begin(), run.changes.end(),
                       [](const Change& change) { return change.trend == Trend::slower; });
  });
}

bool Comparison::lost_integrity() const {
  return std::any_of(runs.begin(), runs.end(),
                     [](const RunComparison& run) { return run.lost_integrity; });
}

Comparison compare(const Report& before, const Report& after, const CompareOptions& options) {
  std::vector<const Run*> first = pointers(before.runs);
  std::vector<const Run*> second = pointers(after.runs);
  Pairs pairs;
  match(first, second, pairs, [](const Run& a, const Run& b) {
    return compared_load(a) == compared_load(b) && compared_conditions(a) == compared_conditions(b);
  });
  match(first, second, pairs,
        [](const Run& a, const Run& b) { return compared_load(a) == compared_load(b); });
  if (pairs.empty()) throw Error(ErrorCode::usage, "the two reports have no run in common");

  Comparison comparison;
  note_machines(before.environment, after.environment, comparison.notes);
  for (const auto& [a, b] : pairs) {
    comparison.runs.push_back(compare_runs(*a, *b, options.margin));
  }
  for (const Run* run : first) comparison.notes.push_back("only in the first: " + title_of(*run));
  for (const Run* run : second) comparison.notes.push_back("only in the second: " + title_of(*run));
  decide(comparison.runs, options.alpha);
  return comparison;
}

}  // namespace yardmaster::reports
