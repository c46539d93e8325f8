#include "loadgen/cli/commands.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "coordinator/base/error.h"
#include "loadgen/run/series.h"
#include "reports/history.h"
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
  series.await_last_scrape();
  return series.report();
}

int run_scenario(const Options& options) { return exit_status(carry_out(options).verdict()); }

int print_history(const Options& options) {
  if (!std::filesystem::is_directory(options.history)) {
    throw Error(ErrorCode::usage, "there is no directory '" + options.history.string() + "'");
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(options.history)) {
    if (entry.path().filename() == "report.json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<reports::NamedReport> found;
  for (const auto& file : files) {
    const auto name = file.parent_path().lexically_relative(options.history).string();
    found.push_back({.name = name, .report = reports::read_report(file)});
  }
  std::cout << found.size() << " reports\n" << reports::to_terminal(reports::history_of(found));
  return exit_pass;
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
