#include "loadgen/run/series.h"

#include <chrono>
#include <iostream>
#include <string>

#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/store_kind.h"
#include "loadgen/run/pushgateway.h"
#include "loadgen/run/run_checks.h"
#include "reports/decision.h"
#include "reports/json_writer.h"
#include "reports/report_files.h"
#include "reports/side_by_side.h"
#include "reports/terminal_writer.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::size_t unknown_number = 0;

std::string hdr_log_name(const reports::Run& run, std::size_t number, std::size_t runs) {
  const std::string name = run.scenario + "-" + std::to_string(run.instances) + "-" + run.arrivals;
  return (runs == 1 ? std::string() : std::to_string(number + 1) + "-") + name + ".hlog";
}

}  // namespace

Scenario prepare_scenario(const Options& options, Progress& progress) {
  Scenario scenario = options.scenario.empty() ? default_scenario(options.overrides)
                                               : find_scenario(options.scenario, options.overrides);
  check_options(options, scenario, progress);
  return scenario;
}

Series::Series(const Options& options, Progress& progress)
    : options_(options),
      is_of_many_(options.verb != Verb::run && options.verb != Verb::decide),
      progress_(progress),
      supervisor_({.connect = options.connect,
                   .directory = options.directory,
                   .keep = options.keep,
                   .postgres = options.postgres,
                   .measure_delay_once = is_of_many_,
                   .on_second = [this](reports::Run run) { show_so_far(std::move(run)); }},
                  interrupts_, nursery_, registry_, progress) {
  report_.command = options.command;
  if (options.metrics_listen) {
    endpoint_.emplace(
        "--metrics-listen", *options.metrics_listen, options.metrics_remote,
        ServedPages{{"/metrics", {.type = metrics::exposition_content_type, .text = [this] {
                                    return registry_.exposition();
                                  }}}});
  }
  if (!options.serve.empty()) {
    live_.emplace(options.serve);
    progress.print_line("loadgen: the report so far is at " + live_->url());
  }
}

void Series::run(const Scenario& scenario) {
  report_.missing_runs = scenario.runs.size();
  try {
    for (const auto& plan : scenario.runs) {
      if (run_one(plan, scenario.runs.size())) break;
    }
  } catch (const Abandoned&) {
    if (report_.runs.empty()) throw;
  }
  if (reports::compares_stores(report_.runs)) compare_stores();
}

bool Series::add(const LoadPlan& plan) {
  ++report_.missing_runs;
  return run_one(plan, unknown_number);
}

// The verdict is there only when all is over, and so is the last second.
void Series::await_last_scrape() {
  constexpr std::chrono::seconds longest{15};
  if (!endpoint_ || endpoint_->answered() == 0) return;
  const std::uint64_t seen = endpoint_->answered();
  const int interrupts = interrupts_.wait(std::chrono::milliseconds(0));
  const auto deadline = std::chrono::steady_clock::now() + longest;
  while (endpoint_->answered() == seen && std::chrono::steady_clock::now() < deadline) {
    if (interrupts_.wait(std::chrono::milliseconds(50)) > interrupts) return;
  }
}

void Series::show_so_far(reports::Run run) {
  if (!live_) return;
  reports::Report so_far = report_;
  so_far.runs.push_back(std::move(run));
  live_->show(std::move(so_far));
}

bool Series::run_one(const LoadPlan& plan, std::size_t runs) {
  FinishedRun finished = supervisor_.run(plan);
  verdict_counter(registry_, finished.run.store, finished.run.verdict).Increment();
  const auto log = hdr_log_name(finished.run, report_.runs.size(), runs);
  reports::write_file(options_.report / log, finished.hdr_log);
  report_.environment = reports::together(report_.environment, finished.environment);
  if (!is_of_many_) {
    const int descriptor = options_.json ? STDERR_FILENO : STDOUT_FILENO;
    show(reports::to_terminal(finished.run, Progress::has_color(descriptor)));
  }
  report_.runs.push_back(std::move(finished.run));
  --report_.missing_runs;
  reports::write_report(report_, options_.report);
  return finished.interrupted;
}

void Series::compare_stores() {
  const reports::Decision decision = reports::decide(report_.runs);
  report_.decision = reports::compare_with_record(decision, std::string(to_string(default_store)));
  reports::write_report(report_, options_.report);
  show(reports::side_by_side_title(report_.runs) + "\n\n" +
       reports::side_by_side_table(report_.runs).plain(2) + "\n" +
       reports::figure_table(reports::judge_pairs(report_.runs)).plain(2) + "\n" +
       reports::decision_line(*report_.decision) + "\n");
}

void Series::show(const std::string& text) const {
  progress_.clear();
  auto& out = options_.json ? std::cerr : std::cout;
  out << text << std::endl;
}

void Series::write_metrics() const {
  if (!options_.textfile.empty()) {
    metrics::write_textfile(options_.textfile, registry_.exposition());
  }
  if (options_.pushgateway.empty()) return;
  try {
    push_metrics(options_.pushgateway, registry_.exposition());
  } catch (const Error& error) {
    // What was measured is worth more than the metrics.
    progress_.print_line(std::string("loadgen: warning: ") + error.what());
  }
}

void Series::write_report() const {
  write_metrics();
  if (options_.json) {
    std::cout << reports::to_json(report_) << std::flush;
  } else {
    std::cout << "report: " << (options_.report / "report.json").string() << std::endl;
  }
}

}  // namespace yardmaster::loadgen
