#include "reports/meaning.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "coordinator/base/duration.h"
#include "reports/figure_text.h"
#include "reports/run_text.h"
#include "reports/side_by_side.h"

namespace yardmaster::reports {
namespace {

// A processor that is busier than this makes what waits for it wait long.
constexpr double busy = 0.7;
// The store's thread takes about half of the coordinator's CPU time, and has one core at most.
constexpr double share_of_one_thread = 0.5;
constexpr double worth_mentioning = 1.1;

std::string store_name(const std::string& store) {
  if (store == "sqlite") return "SQLite";
  if (store == "postgres") return "PostgreSQL";
  return store;
}

std::string instances(std::uint64_t count) {
  return grouped(count) + (count == 1 ? " instance" : " instances");
}

// Two significant digits are all that an estimate has.
std::uint64_t rounded_down(double value) {
  const double unit = std::pow(10.0, std::max(std::floor(std::log10(value)) - 1, 0.0));
  return static_cast<std::uint64_t>(std::floor(value / unit) * unit);
}

struct Tightest {
  const TargetResult* target = nullptr;
  const Run* run = nullptr;
  double most_ms = 0;
  double share = 0;  // of the limit
};

std::optional<Tightest> tightest_of(const Report& report) {
  std::optional<Tightest> tightest;
  for (const Run& run : report.runs) {
    for (const TargetResult& target : run.targets) {
      const auto most = most_of(run, target);
      const double limit = to_milliseconds(target.target.limit);
      if (!most || limit <= 0) continue;
      if (tightest && tightest->share >= *most / limit) continue;
      tightest = {.target = &target, .run = &run, .most_ms = *most, .share = *most / limit};
    }
  }
  return tightest;
}

// What the runs at one load on one store come to, the worst of them.
std::map<std::string, std::map<std::uint64_t, Verdict>> verdicts_of(const Report& report) {
  std::map<std::string, std::map<std::uint64_t, Verdict>> verdicts;
  for (const Run& run : report.runs) {
    auto& of_store = verdicts[run.store];
    const auto [at, is_new] = of_store.emplace(run.instances, run.verdict);
    if (!is_new) at->second = worst(at->second, run.verdict);
  }
  return verdicts;
}

std::string sentence_of(const std::string& store, const std::map<std::uint64_t, Verdict>& loads) {
  std::string text;
  const auto add = [&](Verdict verdict, const char* words) {
    std::vector<std::string> counts;
    for (const auto& [count, found] : loads) {
      if (found == verdict) counts.push_back(grouped(count));
    }
    if (counts.empty()) return;
    const bool is_one = counts.size() == 1 && counts.front() == "1";
    text += (text.empty() ? "" : " ") + std::string(words) + joined(counts, " and ") +
            (is_one ? " instance" : " instances") + " on " + store_name(store) + ".";
  };
  add(Verdict::pass, "This machine carries ");
  add(Verdict::fail, "It does not carry ");
  add(Verdict::inconclusive, "It is not known whether it carries ");
  return text;
}

std::string headline_of(const Report& report) {
  if (report.runs.empty()) return "Nothing was measured.";
  std::string text;
  for (const auto& [store, loads] : verdicts_of(report)) {
    text += (text.empty() ? "" : " ") + sentence_of(store, loads);
  }
  if (text.starts_with("It does not")) text.replace(0, 2, "This machine");
  if (text.starts_with("It is not")) text += " The run was not long, or not calm, enough to tell.";
  return text;
}

std::string margin_text(const Report& report) {
  const auto tightest = tightest_of(report);
  if (!tightest) return "No target was judged on samples.";
  const std::string limit = format_duration(tightest->target->target.limit);
  const std::string name = result_name(*tightest->target) + " at " +
                           instances(tightest->run->instances) + " on " +
                           store_name(tightest->run->store);
  if (!std::isfinite(tightest->most_ms)) {
    return "The worst is " + name + ": some answers never came, or too few to tell (limit " +
           limit + ").";
  }
  const std::string part = tightest->share > 1.5
                               ? decimals(tightest->share, 1) + " times its limit."
                               : decimals(100 * tightest->share, 1) + "% of its limit.";
  return "The worst is " + name + ", which is at most " + milliseconds(tightest->most_ms) +
         " ms, of " + limit + ": " + part;
}

const Run* largest_passing(const Report& report) {
  const Run* largest = nullptr;
  for (const Run& run : report.runs) {
    if (run.verdict != Verdict::pass) continue;
    if (largest == nullptr || run.instances > largest->instances) largest = &run;
  }
  return largest;
}

std::string room_text(const Report& report) {
  const Run* run = largest_passing(report);
  if (run == nullptr) return "";
  const std::uint64_t room = room_of(*run, report.environment);
  if (room == 0) return "By the CPU time that this took, there is no room for many more.";
  return "By the CPU time that this took, it has room for about " + grouped(room) +
         " or more; `loadgen search` finds out how many.";
}

std::string bottleneck_text(const Report& report) {
  const Run* busiest = nullptr;
  double most = -1;
  for (const Run& run : report.runs) {
    if (run.duration_s <= 0) continue;
    const double cpu = run.resources.coordinator_cpu_s + run.resources.loadgen_cpu_s;
    if (cpu / run.duration_s > most) busiest = &run;
    most = std::max(most, cpu / run.duration_s);
  }
  if (busiest == nullptr) return "";
  const auto percent = [&](double cpu_s) {
    return decimals(100 * cpu_s / busiest->duration_s, 0) + "%";
  };
  std::string text = "CPU: at " + instances(busiest->instances) + " the coordinator took " +
                     percent(busiest->resources.coordinator_cpu_s) +
                     " of a core and the load generator " +
                     percent(busiest->resources.loadgen_cpu_s) + ", of " +
                     std::to_string(report.environment.cores) + " cores.";
  if (report.environment.fsync_p50_ms > 0) {
    text += " Disk: a sync takes " + milliseconds(report.environment.fsync_p50_ms) + " ms (P99 " +
            milliseconds(report.environment.fsync_p99_ms) + " ms).";
  }
  return text;
}

std::string trust_text(const Report& report) {
  std::set<std::string> reasons;
  std::uint64_t acknowledged = 0;
  std::uint64_t wrong = 0;
  double lag = 0;
  bool all_begun = true;
  for (const Run& run : report.runs) {
    reasons.insert(run.validity.reasons.begin(), run.validity.reasons.end());
    acknowledged += run.audit.acknowledged;
    wrong += run.audit.lost + run.audit.duplicated + run.audit.out_of_order + run.audit.orphans;
    lag = std::max(lag, run.validity.schedule_lag_ms.p99);
    all_begun = all_begun && run.validity.begun >= run.validity.due;
  }
  std::string text = all_begun ? "Every request that was due was sent"
                               : "Not all requests that "
                                 "were due were sent";
  text += ", 99% of them less than " + milliseconds(lag) +
          " ms late. Looked up afterwards: " + grouped(acknowledged) + " acknowledged, " +
          grouped(wrong) + " lost or wrong.";
  if (!reasons.empty()) text += " Against it: " + joined({reasons.begin(), reasons.end()}, "; ");
  return text;
}

std::string repeat_text(const Report& report) {
  return report.command.empty() ? "The command was not recorded in this report." : report.command;
}

}  // namespace

std::uint64_t room_of(const Run& run, const Environment& environment) {
  const double coordinator = run.resources.coordinator_cpu_s;
  const double all = coordinator + run.resources.loadgen_cpu_s;
  if (all <= 0 || run.duration_s <= 0 || environment.cores == 0) return 0;
  const double by_machine = busy * environment.cores * run.duration_s / all;
  const double by_thread =
      coordinator > 0 ? busy * run.duration_s / (share_of_one_thread * coordinator) : by_machine;
  const double factor = std::min(by_machine, by_thread);
  if (factor < worth_mentioning) return 0;
  return rounded_down(factor * static_cast<double>(run.instances));
}

std::optional<double> most_of(const Run& run, const TargetResult& target) {
  const auto found = run.measurements.find(target.target.measurement);
  if (found == run.measurements.end() || found->second.count == 0) return std::nullopt;
  const Measurement& measurement = found->second;
  const double quantile = judged_quantile_of(target);
  const metrics::Quantiles& values = measurement.latency_ms;
  if (quantile == 0.99) {
    const bool has_bound = std::isfinite(measurement.p99_high_ms) && measurement.p99_high_ms > 0;
    return has_bound ? measurement.p99_high_ms : values.p99;
  }
  if (quantile <= 0.5) return values.p50;
  if (quantile <= 0.9) return values.p90;
  return quantile <= 0.99 ? values.p99 : values.p999;
}

Meaning meaning_of(const Report& report) {
  Meaning meaning{.verdict = report.verdict(), .headline = headline_of(report), .answers = {}};
  const auto add = [&](const char* question, const std::string& text) {
    if (!text.empty()) meaning.answers.push_back({.question = question, .text = text});
  };
  add("By how much?", margin_text(report));
  add("How much more?", room_text(report));
  add("What does it wait for?", bottleneck_text(report));
  add("May one trust it?", trust_text(report));
  if (report.decision) add("Which store?", decision_line(*report.decision));
  add("What is missing?", missing_runs_of(report));
  add("How is it repeated?", repeat_text(report));
  return meaning;
}

}  // namespace yardmaster::reports
