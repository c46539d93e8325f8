// loadgen decide: the gate. Measures both stores, applies the rule of reports/decision.h, and says
// whether the decision on record stands.
#include <iostream>
#include <optional>

#include "coordinator/base/error.h"
#include "loadgen/cli/commands.h"
#include "reports/decision.h"
#include "reports/report_files.h"
#include "reports/side_by_side.h"

namespace yardmaster::loadgen {
namespace {

reports::Report report_for(const Options& options) {
  if (!options.decided_from.empty()) return reports::read_report(options.decided_from);
  Options gate = options;
  if (gate.scenario.empty()) gate.scenario = "gate";
  return carry_out(gate);
}

// A record is of the disk and the load that are there, not of what faults and flags make of them.
void require_plain_runs(const reports::Report& report) {
  for (const auto& run : report.runs) {
    if (run.scenario == "gate" && run.fsync_injected_ms == 0 && run.interval_ms == 250) continue;
    throw Error(ErrorCode::usage,
                "--write: a record is made of the scenario gate as it stands, without an injected "
                "fsync latency or another interval");
  }
}

int write_record(const Options& options, const reports::Decision& decision,
                 const reports::Report& report) {
  require_plain_runs(report);
  const auto record = reports::make_record(decision, report, YARDMASTER_VERSION, today());
  reports::write_file(options.record, reports::to_json(record));
  std::cout << options.record.string() << " now says: " << record.store
            << ". Build again to have it built in." << std::endl;
  return exit_pass;
}

}  // namespace

int decide_store(const Options& options) {
  std::string recorded;
  if (!options.write_record) recorded = reports::read_decision(options.record).store;
  const reports::Report report = report_for(options);
  const reports::Decision decision = reports::decide(report.runs);
  std::cout << "\n" << reports::figure_table(decision.figures).plain(2) << "\n";
  if (options.write_record) return write_record(options, decision, report);
  std::cout << reports::decision_line(reports::compare_with_record(decision, recorded))
            << std::endl;
  if (decision.store.empty()) return exit_inconclusive;
  return decision.store == recorded ? exit_pass : exit_failed;
}

}  // namespace yardmaster::loadgen
