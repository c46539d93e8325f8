#include "reports/terminal_writer.h"

#include "reports/run_text.h"
#include "reports/side_by_side.h"

namespace yardmaster::reports {
namespace {

std::string shown(Verdict verdict, bool colours) {
  std::string text(to_string(verdict));
  if (!colours) return text;
  switch (verdict) {
    case Verdict::pass:
      return "\x1b[32m" + text + "\x1b[0m";
    case Verdict::fail:
      return "\x1b[31m" + text + "\x1b[0m";
    case Verdict::inconclusive:
      break;
  }
  return "\x1b[33m" + text + "\x1b[0m";
}

}  // namespace

std::string to_terminal(const Run& run, bool colours) {
  std::string out = wrapped(title_of(run), 0, line_width);
  for (const std::string& line : {conditions_of(run), real_instances_of(run), rate_of(run)}) {
    out += wrapped(line, 2, line_width);
  }
  for (const std::string& warning : run.warnings) {
    out += (colours ? "\x1b[33m" : "") + wrapped("WARNING: " + warning, 2, line_width) +
           (colours ? "\x1b[0m" : "");
  }
  out += '\n' + measurement_table(run).plain(2) + '\n';
  for (const std::string& line :
       {checkpoint_frames_of(run), delayed_fsync_of(run), server_statistics_of(run),
        self_check_of(run), littles_law_of(run), audit_of(run), errors_of(run), contention_of(run),
        resources_of(run)}) {
    out += wrapped(line, 2, line_width);
  }
  for (const std::string& line : checks_of(run)) out += wrapped(line, 2, line_width);
  const TextTable targets = target_table(run, [=](Verdict v) { return shown(v, colours); });
  if (!targets.empty()) out += '\n' + targets.plain(2);
  for (const std::string& reason : reasons_of(run)) out += wrapped(reason, 4, line_width);
  for (const std::string& ground : grounds_of(run)) out += wrapped(ground, 4, line_width);
  return out + "\n  verdict: " + shown(run.verdict, colours) + "\n";
}

std::string to_terminal(const Report& report, bool colours) {
  std::string out = wrapped(machine_of(report.environment), 0, line_width) +
                    wrapped(software_of(report.environment), 0, line_width);
  for (const Run& run : report.runs) out += '\n' + to_terminal(run, colours);
  if (report.missing_runs > 0) out += '\n' + wrapped(missing_runs_of(report), 0, line_width);
  if (report.decision) {
    out += '\n' + wrapped(decision_line(*report.decision), 0, line_width);
  }
  return out + "\nverdict: " + shown(report.verdict(), colours) + "\n";
}

}  // namespace yardmaster::reports
