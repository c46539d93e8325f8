// The runs of a scenario, a search or one side of a comparison, one after another: those of a
// scenario are shown when they are over, and the report on disk grows with each. Main thread.
#pragma once

#include <optional>

#include "loadgen/plan/options.h"
#include "loadgen/run/http_endpoint.h"
#include "loadgen/run/interrupts.h"
#include "loadgen/run/live_page.h"
#include "loadgen/run/progress.h"
#include "loadgen/run/supervisor.h"
#include "loadgen/workloads/child_nursery.h"
#include "metrics/registry.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

class Series {
 public:
  // All must outlive the series. Forks: call before any thread starts.
  Series(const Options& options, Progress& progress);

  // Runs them all, or until one is interrupted. When one cannot be carried out, which throws,
  // report() has those before it.
  void run(const Scenario& scenario);
  // Adds one more run to a series that nobody knows the length of. Returns whether it was
  // interrupted.
  bool add(const LoadPlan& plan);
  // Leaves the metrics where they were asked for.
  void write_metrics() const;
  // Does the same, and says where the report is, or prints it.
  void write_report() const;
  // Lets who has scraped the metrics do so once more, for some seconds at most.
  void await_last_scrape();
  const reports::Report& report() const { return report_; }

 private:
  // Returns whether the run was interrupted.
  bool run_one(const LoadPlan& plan, std::size_t runs);
  void show_so_far(reports::Run run);
  void compare_stores();
  void show(const std::string& text) const;

  const Options& options_;
  bool is_of_many_;  // of a search or a comparison, with a line of its own for each run
  Progress& progress_;
  Interrupts interrupts_;
  ChildNursery nursery_;
  metrics::Registry registry_;
  Supervisor supervisor_;
  std::optional<HttpEndpoint> endpoint_;
  std::optional<LivePage> live_;
  reports::Report report_;
};

// The scenario that the options name, checked.
Scenario prepare_scenario(const Options& options, Progress& progress);

}  // namespace yardmaster::loadgen
