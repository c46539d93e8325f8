#include "reports/capacity.h"

#include <algorithm>
#include <array>
#include <utility>

#include "reports/figure_text.h"
#include "reports/run_text.h"

namespace yardmaster::reports {
namespace {

constexpr std::array<std::pair<SearchEnd, std::string_view>, 5> end_names{{
    {SearchEnd::bracketed, "bracketed"},
    {SearchEnd::most, "most"},
    {SearchEnd::open_files, "open_files"},
    {SearchEnd::nothing_holds, "nothing_holds"},
    {SearchEnd::interrupted, "interrupted"},
}};

// A report keeps these quantiles.
std::optional<double> kept_quantile(const metrics::Quantiles& quantiles, double quantile) {
  if (quantile == 0.5) return quantiles.p50;
  if (quantile == 0.9) return quantiles.p90;
  if (quantile == 0.99) return quantiles.p99;
  if (quantile == 0.999) return quantiles.p999;
  return std::nullopt;
}

std::string held(const Capacity& capacity) {
  if (capacity.holds == 0) return "holds none of the loads that were tried";
  return "holds " + grouped(capacity.holds) +
         (capacity.confirmed ? " instances (confirmed)" : " instances (not confirmed)");
}

std::string not_held(const Capacity& capacity) {
  return capacity.not_held ? " and not " + grouped(*capacity.not_held) : std::string();
}

}  // namespace

std::string_view to_string(SearchEnd end) {
  return end_names[static_cast<std::size_t>(end)].second;
}

std::optional<SearchEnd> search_end_from(std::string_view text) {
  for (const auto& [end, name] : end_names) {
    if (name == text) return end;
  }
  return std::nullopt;
}

CapacityStep capacity_step(const Run& run) {
  CapacityStep step;
  step.instances = run.instances;
  step.verdict = run.verdict;
  step.duration_s = run.duration_s;
  for (const TargetResult& result : run.targets) {
    const auto measured = run.measurements.find(result.target.measurement);
    if (measured == run.measurements.end()) continue;
    const auto value = kept_quantile(measured->second.latency_ms, result.target.quantile);
    if (value) step.measured_ms[target_name(result.target)] = *value;
  }
  if (!step.holds()) step.reason = joined(reasons_of(run), "; ");
  return step;
}

std::string text_of(const CapacityStep& step) {
  std::string text(to_string(step.verdict));
  if (step.confirms) text += " again";
  for (const auto& [target, value] : step.measured_ms) {
    text += ", " + target + " " + milliseconds(value) + " ms";
  }
  if (step.duration_s > 0) text += " in " + decimals(step.duration_s, 1) + " s";
  return step.reason.empty() ? text : text + " (" + step.reason + ")";
}

std::string text_of(const Capacity& capacity) {
  switch (capacity.end) {
    case SearchEnd::bracketed:
      return held(capacity) + not_held(capacity);
    case SearchEnd::most:
      return held(capacity) + ", the most that was to be tried";
    case SearchEnd::open_files:
      return held(capacity) +
             ", the most that the limit of open files leaves room for (ulimit -Hn), so that the "
             "store may hold more";
    case SearchEnd::nothing_holds:
      return "does not hold " + grouped(capacity.not_held.value_or(0)) +
             " instances, and fewer were not to be tried";
    case SearchEnd::interrupted:
      return "interrupted; as far as it went it " + held(capacity) + not_held(capacity);
  }
  return "";
}

}  // namespace yardmaster::reports
