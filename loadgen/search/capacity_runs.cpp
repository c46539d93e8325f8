#include "loadgen/search/capacity_runs.h"

#include <chrono>
#include <iostream>
#include <optional>
#include <utility>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "coordinator/base/store_kind.h"
#include "loadgen/run/series.h"
#include "reports/figure_text.h"
#include "reports/text_table.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::size_t indent = 2;

// The steps of one search.
class Steps {
 public:
  Steps(const SearchPlan& plan, const Options& options, Progress& progress)
      : plan_(plan), options_(options), progress_(progress), series_(options, progress) {}

  std::optional<reports::CapacityStep> try_at(std::uint64_t instances, bool confirms) {
    auto step = measure(instances);
    if (!step) return step;
    step->confirms = confirms;
    any_holds_ |= step->holds();
    is_first_ = false;
    const std::string load =
        reports::grouped(instances) + (instances == 1 ? " instance: " : " instances: ");
    print_for_people(options_, progress_,
                     reports::wrapped(load + text_of(*step), indent, reports::line_width));
    return step;
  }

  const Series& series() const { return series_; }

 private:
  std::optional<reports::CapacityStep> measure(std::uint64_t instances) {
    try {
      if (series_.add(plan_.step(instances))) return std::nullopt;
      return reports::capacity_step(series_.report().runs.back());
    } catch (const Abandoned&) {
      progress_.clear();
      if (is_first_) throw;
      return std::nullopt;
    } catch (const Error& error) {
      progress_.clear();
      if (!any_holds_ || error.code() == ErrorCode::usage) throw;
      reports::CapacityStep step;
      step.instances = instances;
      step.reason = std::string("could not be carried out: ") + error.what();
      return step;
    }
  }

  const SearchPlan& plan_;
  const Options& options_;
  Progress& progress_;
  Series series_;
  bool is_first_ = true;
  bool any_holds_ = false;
};

}  // namespace

SearchOutcome carry_out_search(const SearchPlan& plan, const Options& options, Progress& progress) {
  const auto began = std::chrono::steady_clock::now();
  Steps steps(plan, options, progress);
  SearchOutcome outcome;
  auto& cell = outcome.cell;
  cell.store = to_string(plan.load.store);
  cell.durability = durability_name(plan.load);
  cell.fsync_latency = name_of(plan.load.fsync_latency);
  cell.fsync_added_ms = to_milliseconds(plan.load.fsync_latency.median());
  cell.capacity = find_capacity(plan.range, [&](std::uint64_t instances, bool confirms) {
    return steps.try_at(instances, confirms);
  });
  cell.took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  outcome.machine = steps.series().report().environment;
  steps.series().write_metrics();
  return outcome;
}

void print_for_people(const Options& options, Progress& progress, const std::string& text) {
  progress.clear();
  auto& out = options.json ? std::cerr : std::cout;
  out << text << std::flush;
}

std::string conditions_of(const LoadPlan& load) {
  return std::string(to_string(load.store)) + ", " + durability_name(load) + " durability, " +
         name_of(load.fsync_latency) + " added to each fsync";
}

std::string durability_name(const LoadPlan& load) {
  return load.durability == Durability::power ? "power" : "process";
}

}  // namespace yardmaster::loadgen
