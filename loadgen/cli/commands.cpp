#include "loadgen/cli/commands.h"

#include <array>
#include <ctime>
#include <iostream>

#include <unistd.h>

#include "coordinator/base/error.h"
#include "loadgen/run/series.h"
#include "reports/compare.h"
#include "reports/report_files.h"
#include "reports/terminal_writer.h"

namespace yardmaster::loadgen {
namespace {

int exit_status(reports::Verdict verdict) {
  switch (verdict) {
    case reports::Verdict::pass:
      return exit_pass;
    case reports::Verdict::fail:
      return exit_failed;
    case reports::Verdict::inconclusive:
      return exit_inconclusive;
  }
  return exit_could_not_run;
}

}  // namespace

reports::Report carry_out(const Options& options) {
  Progress progress(std::cerr, Progress::style_of_stderr());
  const Scenario scenario = prepare_scenario(options, progress);
  Series series(options, progress);
  try {
    series.run(scenario);
  } catch (const Error&) {
    progress.clear();
    // The runs so far are not lost with a later run that cannot be carried out.
    if (!series.report().runs.empty()) series.write_report();
    throw;
  }
  series.write_report();
  return series.report();
}

int run_scenario(const Options& options) { return exit_status(carry_out(options).verdict()); }

int compare_reports(const Options& options) {
  const auto before = reports::read_report(options.compared.first);
  const auto after = reports::read_report(options.compared.second);
  const auto comparison = reports::compare(before, after);
  std::cout << reports::to_terminal(comparison, Progress::has_color(STDOUT_FILENO));
  return comparison.regression() ? exit_failed : exit_pass;
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%F", &parts);
  return text.data();
}

}  // namespace yardmaster::loadgen
