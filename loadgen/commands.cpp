#include "loadgen/commands.h"

#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/client/client.h"
#include "loadgen/child_nursery.h"
#include "loadgen/fresh_directory.h"
#include "loadgen/interrupts.h"
#include "loadgen/metrics_endpoint.h"
#include "loadgen/progress.h"
#include "loadgen/session.h"
#include "loadgen/supervisor.h"
#include "metrics/registry.h"
#include "reports/compare.h"
#include "reports/json_writer.h"
#include "reports/report_files.h"
#include "reports/terminal_writer.h"

namespace yardmaster::loadgen {
namespace {

Scenario scenario_of(const Options& options) {
  return options.scenario.empty() ? default_scenario(options.overrides)
                                  : find_scenario(options.scenario, options.overrides);
}

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

void require_writable(const std::filesystem::path& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure || ::access(directory.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorCode::usage, "--report: cannot write to '" + directory.string() + "'");
  }
}

// A coordinator that runs already keeps its way of taking checkpoints.
void require_policy(const Options& options, const Scenario& scenario) {
  Client client(options.connect);
  const auto status = client.call("status");
  const auto policy =
      status.value("store", nlohmann::json::object()).value("checkpoint_policy", std::string());
  for (const auto& plan : scenario.runs) {
    if (!plan.names_checkpoint_policy || policy.empty() || plan.checkpoint_policy == policy) {
      continue;
    }
    throw Error(ErrorCode::usage, "--connect: the scenario '" + plan.scenario + "' asks for " +
                                      plan.checkpoint_policy +
                                      " checkpoints, but the coordinator " + "there has " + policy +
                                      " ones");
  }
}

// Its process runs already, with the disk that it has.
void refuse_fsync_latency(const char* flag, const Scenario& scenario) {
  for (const auto& plan : scenario.runs) {
    if (plan.fsync_latency.none()) continue;
    throw Error(ErrorCode::usage, std::string(flag) + ": the scenario '" + plan.scenario +
                                      "' asks for an fsync latency, which only a private "
                                      "coordinator and database can be given");
  }
}

void require_listener(const std::string& socket_path) {
  EventLoop loop;
  const Session session(loop, socket_path);
}

void require_textfile_place(const std::filesystem::path& textfile) {
  if (textfile.empty()) return;
  const auto directory = textfile.has_parent_path() ? textfile.parent_path() : ".";
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorCode::usage, "--textfile: cannot write to '" + directory.string() + "'");
  }
}

// Complaints come before the minutes of a run, not after.
void check_options(const Options& options, const Scenario& scenario, Progress& progress) {
  for (const auto& plan : scenario.runs) allow_connections(plan, options.connect.empty());
  if (!options.connect.empty()) {
    refuse_fsync_latency("--connect", scenario);
    require_listener(options.connect);
    require_policy(options, scenario);
  }
  if (!options.postgres.empty()) refuse_fsync_latency("--postgres", scenario);
  require_writable(options.report);
  require_textfile_place(options.textfile);
  const auto& directory = options.directory;
  if (directory.empty()) return;
  std::error_code failure;
  if (!std::filesystem::is_directory(directory, failure)) {
    throw Error(ErrorCode::usage,
                "--directory: there is no directory '" + directory.string() + "'");
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorCode::usage, "--directory: cannot write to '" + directory.string() + "'");
  }
  if (is_in_memory(directory)) {
    progress.say("loadgen: warning: '" + directory.string() +
                 "' is in memory, where an fsync costs nothing: the figures say nothing about a "
                 "disk");
  }
}

std::string hdr_log_name(const reports::Run& run, std::size_t number, std::size_t runs) {
  const std::string name = run.scenario + "-" + std::to_string(run.instances) + "-" + run.arrivals;
  return (runs > 1 ? std::to_string(number + 1) + "-" : std::string()) + name + ".hlog";
}

class Series {
 public:
  Series(const Options& options, Progress& progress)
      : options_(options),
        progress_(progress),
        supervisor_({.connect = options.connect,
                     .directory = options.directory,
                     .keep = options.keep,
                     .postgres = options.postgres},
                    interrupts_, nursery_, registry_, progress) {
    if (options.metrics_listen) {
      endpoint_.emplace(*options.metrics_listen, options.metrics_remote,
                        [this] { return registry_.exposition(); });
    }
  }

  // Until one is interrupted. When one cannot be carried out, report() has those before it.
  void run(const Scenario& scenario) {
    report_.missing_runs = scenario.runs.size();
    try {
      for (const auto& plan : scenario.runs) {
        if (run_one(plan, scenario.runs.size())) return;
      }
    } catch (const Abandoned&) {
      if (report_.runs.empty()) throw;
    }
  }
  void write_textfile() const {
    if (options_.textfile.empty()) return;
    metrics::write_textfile(options_.textfile, registry_.exposition());
  }
  const reports::Report& report() const { return report_; }

 private:
  // Whether it was interrupted.
  bool run_one(const LoadPlan& plan, std::size_t runs) {
    FinishedRun finished = supervisor_.run(plan);
    const auto log = hdr_log_name(finished.run, report_.runs.size(), runs);
    reports::write_file(options_.report / log, finished.hdr_log);
    report_.environment = finished.environment;
    show(finished.run);
    report_.runs.push_back(std::move(finished.run));
    --report_.missing_runs;
    reports::write_report(report_, options_.report);
    return finished.interrupted;
  }
  void show(const reports::Run& run) {
    progress_.clear();
    auto& out = options_.json ? std::cerr : std::cout;
    const int descriptor = options_.json ? STDERR_FILENO : STDOUT_FILENO;
    out << reports::to_terminal(run, Progress::has_color(descriptor)) << std::endl;
  }

  const Options& options_;
  Progress& progress_;
  Interrupts interrupts_;
  ChildNursery nursery_;
  metrics::Registry registry_;
  Supervisor supervisor_;
  std::optional<MetricsEndpoint> endpoint_;
  reports::Report report_;
};

void put_out(const Options& options, const Series& series) {
  series.write_textfile();
  if (options.json) {
    std::cout << reports::to_json(series.report()) << std::flush;
  } else {
    std::cout << "report: " << (options.report / "report.json").string() << std::endl;
  }
}

}  // namespace

int run_scenario(const Options& options) {
  const Scenario scenario = scenario_of(options);
  Progress progress(std::cerr, Progress::style_of_stderr());
  check_options(options, scenario, progress);
  Series series(options, progress);
  try {
    series.run(scenario);
  } catch (const Error&) {
    progress.clear();
    // What there is does not get lost with a later run that cannot be carried out.
    if (!series.report().runs.empty()) put_out(options, series);
    throw;
  }
  put_out(options, series);
  return exit_status(series.report().verdict());
}

int compare_reports(const Options& options) {
  const auto before = reports::read_report(options.compared.first);
  const auto after = reports::read_report(options.compared.second);
  const auto comparison = reports::compare(before, after);
  std::cout << reports::to_terminal(comparison, Progress::has_color(STDOUT_FILENO));
  return comparison.regression() ? exit_failed : exit_pass;
}

}  // namespace yardmaster::loadgen
