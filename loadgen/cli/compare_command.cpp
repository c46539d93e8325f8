// loadgen compare: between two reports, between sets of them, or between runs that it makes itself,
// in turns, so that what the machine does meanwhile hits both sides alike.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "coordinator/base/error.h"
#include "loadgen/cli/commands.h"
#include "loadgen/run/series.h"
#include "reports/compare.h"
#include "reports/compare_sets.h"
#include "reports/figure_text.h"
#include "reports/page_writer.h"
#include "reports/report_files.h"
#include "reports/statistics.h"
#include "reports/text_table.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::chrono::seconds default_duration{20};
constexpr double error_rate = 0.05;

using reports::SetComparison;

// Reads one report, or those that commas separate.
std::vector<reports::Report> read_set(const std::filesystem::path& named) {
  if (std::filesystem::exists(named)) return {reports::read_report(named)};
  std::vector<reports::Report> set;
  std::istringstream names(named.string());
  for (std::string name; std::getline(names, name, ',');) set.push_back(reports::read_report(name));
  return set;
}

void print(Progress& progress, const std::string& text) {
  progress.clear();
  std::cout << text << std::flush;
}

bool any_worse(const std::vector<SetComparison>& comparisons) {
  return std::any_of(comparisons.begin(), comparisons.end(),
                     [](const auto& one) { return one.regression(); });
}

// One side of a comparison, with a directory of its own in the report's.
class Side {
 public:
  Side(const Options& options, const std::string& named, const char* letter, Progress& progress)
      : letter_(letter),
        options_(named.empty() ? options : options_of_side(options, named)),
        progress_(progress),
        scenario_(scenario_of(options_, letter, progress)),
        series_(options_, progress) {}

  const char* letter() const { return letter_; }
  const Scenario& scenario() const { return scenario_; }

  // Carries out each load once. Returns whether none of the runs was interrupted.
  bool measure() {
    for (const auto& plan : scenario_.runs) {
      if (series_.add(plan)) return false;
      print(progress_, line_of(series_.report().runs.back()));
    }
    ++turns_;
    return true;
  }

  // Returns the runs of the latest so many turns.
  reports::Report latest(std::size_t turns) const {
    reports::Report report = series_.report();
    const auto kept = std::min(turns * scenario_.runs.size(), report.runs.size());
    report.runs.erase(report.runs.begin(), report.runs.end() - static_cast<std::ptrdiff_t>(kept));
    return report;
  }

 private:
  static Scenario scenario_of(Options& options, const char* letter, Progress& progress) {
    options.report /= letter;
    Scenario scenario = prepare_scenario(options, progress);
    for (auto& plan : scenario.runs) {
      if (plan.pair > 0) {
        throw Error(ErrorCode::usage, "compare: a side has one store; name one of them in each");
      }
      // Runs that end when all is decided would not be alike.
      if (!plan.duration) plan.duration = default_duration;
    }
    return scenario;
  }

  std::string line_of(const reports::Run& run) const {
    std::string text = "  " + std::string(letter_) + " " + std::to_string(turns_ + 1) + ":";
    for (const auto& [name, measurement] : run.measurements) {
      text += " " + name + " P50 " + reports::milliseconds(measurement.latency_ms.p50) + ", P99 " +
              reports::milliseconds(measurement.latency_ms.p99) + " ms;";
    }
    text.pop_back();
    return reports::wrapped(text, 2, reports::line_width);
  }

  const char* letter_;
  Options options_;
  Progress& progress_;
  Scenario scenario_;
  Series series_;
  std::uint64_t turns_ = 0;
};

void require_same_loads(const Scenario& a, const Scenario& b) {
  const auto same = [](const LoadPlan& one, const LoadPlan& other) {
    return one.instances == other.instances && one.interval == other.interval &&
           one.arrivals_name() == other.arrivals_name() && one.transaction == other.transaction &&
           one.longest() == other.longest();
  };
  if (std::equal(a.runs.begin(), a.runs.end(), b.runs.begin(), b.runs.end(), same)) return;
  throw Error(ErrorCode::usage,
              "--run: the sides put different loads on what is compared (instances, interval, "
              "arrivals, transaction, duration), so that no difference would say anything");
}

// Both sides, measured in turns: A B, B A, A B, ..., so that neither is always the first.
class Sides {
 public:
  Sides(const Options& options, const std::string& first, const std::string& second)
      : runs_(options.measured.runs),
        a_(options, first, "a", progress_),
        b_(options, second, "b", progress_) {
    require_same_loads(a_.scenario(), b_.scenario());
  }

  // Empty if it was interrupted.
  std::vector<SetComparison> compare() {
    for (std::uint64_t turn = 0; turn < runs_; ++turn) {
      Side& first = turn % 2 == 0 ? a_ : b_;
      Side& second = turn % 2 == 0 ? b_ : a_;
      if (!first.measure() || !second.measure()) return {};
    }
    const std::vector<reports::Report> before{a_.latest(runs_)};
    const std::vector<reports::Report> after{b_.latest(runs_)};
    return reports::compare_sets(before, after);
  }

  Progress& progress() { return progress_; }

 private:
  Progress progress_{std::cerr, Progress::style_of_stderr()};
  std::uint64_t runs_;
  Side a_;
  Side b_;
};

int compare_runs(const Options& options) {
  const auto& [first, second] = options.measured.sides;
  Sides sides(options, first, second);
  print(sides.progress(), "before (a): " + first + "\nafter (b):  " + second + "\n");
  const auto comparisons = sides.compare();
  if (comparisons.empty()) return exit_inconclusive;
  print(sides.progress(),
        "\n" + reports::to_terminal(comparisons, Progress::has_color(STDOUT_FILENO)));
  return any_worse(comparisons) ? exit_failed : exit_pass;
}

// What was called another though it is the same: "write P99 (p 0.012)".
std::string wrongly_found(const std::vector<SetComparison>& comparisons) {
  std::string found;
  for (const auto& comparison : comparisons) {
    for (const auto& change : comparison.changes) {
      if (change.trend == reports::Trend::unchanged) continue;
      found += (found.empty() ? "" : ", ") + change.measurement + " " + change.quantile + " (p " +
               reports::decimals(change.p_value, 3) + ")";
    }
  }
  return found;
}

int compare_with_itself(const Options& options) {
  Sides sides(options, "", "");
  const auto count = options.measured.same;
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 1; i <= count; ++i) {
    const auto comparisons = sides.compare();
    if (comparisons.empty()) return exit_inconclusive;
    const std::string found = wrongly_found(comparisons);
    wrong += found.empty() ? 0 : 1;
    print(sides.progress(), "comparison " + std::to_string(i) + " of " + std::to_string(count) +
                                ": " + (found.empty() ? "no difference" : found) + "\n");
  }
  const auto n = static_cast<double>(count);
  const auto x = static_cast<double>(wrong);
  print(sides.progress(),
        "\na difference was found in " + reports::grouped(wrong) + " of " +
            reports::grouped(count) + " comparisons of " + reports::grouped(options.measured.runs) +
            " runs a side with as many of the same: " + reports::decimals(100 * x / n, 1) +
            "%, where 5% is what is allowed\n");
  const bool too_many =
      wrong > 0 && reports::probability_at_least(x, n, 1 - error_rate) <= error_rate;
  return too_many ? exit_failed : exit_pass;
}

void write_page(const Options& options, const reports::Comparison& comparison,
                const reports::Report& before, const reports::Report& after) {
  const reports::Page page{
      .reports = {{.name = "before", .report = before}, {.name = "after", .report = after}},
      .searches = {},
      .comparison = comparison};
  reports::write_file(options.html, reports::to_html(page));
  std::cout << "page: " << options.html.string() << std::endl;
}

}  // namespace

int compare_reports(const Options& options) {
  if (options.measured.same > 0) return compare_with_itself(options);
  if (!options.measured.sides.first.empty()) return compare_runs(options);
  const auto first = read_set(options.compared.first);
  const auto second = read_set(options.compared.second);
  const bool colours = Progress::has_color(STDOUT_FILENO);
  if (first.size() > 1 || second.size() > 1) {
    if (!options.html.empty()) {
      throw Error(ErrorCode::usage, "--html overlays two reports, not sets of them");
    }
    const auto comparisons = reports::compare_sets(first, second);
    std::cout << reports::to_terminal(comparisons, colours);
    return any_worse(comparisons) ? exit_failed : exit_pass;
  }
  const auto comparison = reports::compare(first.front(), second.front());
  std::cout << reports::to_terminal(comparison, colours);
  if (!options.html.empty()) write_page(options, comparison, first.front(), second.front());
  return comparison.lost_integrity() ? exit_failed : exit_pass;
}

}  // namespace yardmaster::loadgen
