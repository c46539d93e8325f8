// loadgen selftest: what loadgen reports, held against what was planted.
#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "loadgen/cli/commands.h"
#include "loadgen/run/interrupts.h"
#include "loadgen/selftest/trials.h"
#include "reports/figure_text.h"
#include "reports/text_table.h"

namespace yardmaster::loadgen {
namespace {

using reports::Align;
using reports::TextTable;

std::string held(bool holds) { return holds ? "held" : "NOT HELD"; }

bool print_findings(const std::vector<TrialFinding>& findings) {
  std::cout << findings.front().trial << "\n";
  TextTable table({{"", Align::left}, {"planted"}, {"reported"}, {"allowed"}, {"", Align::left}});
  for (const auto& one : findings) {
    table.add({one.subject, one.planted, one.reported, one.allowed, held(one.holds)});
  }
  std::cout << table.plain(2) << std::endl;
  return std::all_of(findings.begin(), findings.end(), [](const auto& one) { return one.holds; });
}

bool print_coverage(const std::vector<TrialCoverage>& coverages) {
  std::cout << "95% interval of the P99, over short runs\n";
  TextTable table({{"", Align::left}, {"runs"}, {"covered"}, {"of"}, {"", Align::left}});
  for (const auto& one : coverages) {
    const double part = 100 * static_cast<double>(one.covered) / static_cast<double>(one.runs);
    table.add({one.samples, reports::grouped(one.runs), reports::decimals(part, 1) + "%", "95%",
               held(one.holds)});
  }
  std::cout << table.plain(2) << std::endl;
  return std::all_of(coverages.begin(), coverages.end(), [](const auto& one) { return one.holds; });
}

}  // namespace

int run_selftest(const Options& options) {
  Interrupts interrupts;
  Trials trials(interrupts);
  bool all_held = true;
  for (const auto trial :
       {&Trials::quantiles, &Trials::faults, &Trials::stalls, &Trials::drift, &Trials::pauses}) {
    all_held &= print_findings((trials.*trial)());
  }
  all_held &= print_coverage({trials.coverage(options.selftest_runs, false),
                              trials.coverage(options.selftest_runs, true)});
  std::cout << (all_held ? "all held" : "not all held") << std::endl;
  return all_held ? exit_pass : exit_failed;
}

}  // namespace yardmaster::loadgen
