// loadgen search: the most instances that hold, as a bracket.
#include <iostream>

#include "coordinator/base/duration.h"
#include "loadgen/cli/commands.h"
#include "loadgen/search/capacity_runs.h"
#include "reports/figure_text.h"
#include "reports/page_writer.h"
#include "reports/report_files.h"
#include "reports/text_table.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::string_view default_search_step = "20s";

std::string heading(const SearchPlan& plan, const Options& options) {
  std::string slo;
  for (const auto& text : options.search.slo) slo += (slo.empty() ? "" : ", ") + text;
  return "search: " + slo + " on " + conditions_of(plan.load) + "; from " +
         reports::grouped(plan.range.first) + " to at most " + reports::grouped(plan.range.most) +
         " instances" + (plan.range.most_is_of_files ? " (the limit of open files)" : "") +
         ", steps of " + (plan.load.duration ? "" : "up to ") +
         format_duration(plan.step(plan.range.first).longest());
}

}  // namespace

int search_capacity(const Options& options) {
  Progress progress(std::cerr, Progress::style_of_stderr());
  const SearchPlan plan = plan_search(options, default_search_step, progress);
  print_for_people(options, progress,
                   reports::wrapped(heading(plan, options), 0, reports::line_width) + "\n");
  SearchOutcome outcome = carry_out_search(plan, options, progress);
  const reports::Capacity capacity = outcome.cell.capacity;
  reports::CapacityMap record;
  record.parameters = parameters_of(plan, options);
  record.machine = outcome.machine;
  record.date = today();
  record.cells.push_back(std::move(outcome.cell));
  const auto file = options.report / "search.json";
  reports::write_file(file, reports::to_json(record));
  const auto page = options.report / "search.html";
  reports::write_file(page, reports::to_html({.searches = {{.name = "", .map = record}}}));
  const std::string found = conditions_of(plan.load) + ": " + text_of(capacity) + "; " +
                            std::to_string(capacity.steps.size()) +
                            (capacity.steps.size() == 1 ? " step" : " steps");
  print_for_people(options, progress, "\n" + reports::wrapped(found, 0, reports::line_width));
  if (options.json) {
    std::cout << reports::to_json(record) << std::flush;
  } else {
    std::cout << "report: " << file.string() << std::endl;
  }
  const bool is_found = capacity.holds > 0 && capacity.end != reports::SearchEnd::interrupted;
  return is_found ? exit_pass : exit_inconclusive;
}

}  // namespace yardmaster::loadgen
