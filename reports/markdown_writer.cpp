#include "reports/markdown_writer.h"

#include "reports/figure_text.h"
#include "reports/run_text.h"
#include "reports/side_by_side.h"

namespace yardmaster::reports {
namespace {

constexpr std::size_t most_rows = 100;      // rows of the overview
constexpr std::size_t reserve = 1024;       // room for the closing line
constexpr std::size_t longest_line = 2000;  // whatever a name or a reason holds

// Returns one line without markup: letters that Markdown or HTML would act on are escaped.
std::string plain_line(const std::string& text) {
  std::string out;
  for (const char letter : text.substr(0, longest_line)) {
    if (letter == '\\' || letter == '`' || letter == '*' || letter == '_' || letter == '<' ||
        letter == '[' || letter == '#') {
      out += '\\';
    }
    out += letter == '\n' || letter == '\r' ? ' ' : letter;
  }
  return out;
}

std::string bold(Verdict verdict) { return "**" + std::string(to_string(verdict)) + "**"; }

std::string list_item(const std::string& text) {
  return text.empty() ? "" : "- " + plain_line(text) + "\n";
}

std::string overview(const Report& report) {
  TextTable table({{"run", Align::left},
                   {"store", Align::left},
                   {"achieved/s"},
                   {"write P99, ms"},
                   {"lost"},
                   {"verdict", Align::left}});
  for (std::size_t i = 0; i < report.runs.size() && i < most_rows; ++i) {
    const Run& run = report.runs[i];
    const auto write = run.measurements.find("write");
    table.add({plain_line(title_of(run)), plain_line(run.store), decimals(run.achieved_per_s, 1),
               write == run.measurements.end() ? "-" : milliseconds(write->second.latency_ms.p99),
               grouped(run.audit.lost), bold(run.verdict)});
  }
  return "\n" + table.markdown();
}

std::string section(const Run& run) {
  std::string out =
      "\n## " + plain_line(title_of(run)) + ": " + std::string(to_string(run.verdict)) + "\n\n";
  for (const std::string& warning : run.warnings) {
    out += "**Warning:** " + plain_line(warning) + "\n\n";
  }
  const TextTable targets = target_table(run, bold);
  if (!targets.empty()) out += targets.markdown() + "\n";
  std::string reasons;
  for (const std::string& check : checks_of(run)) reasons += list_item(check);
  for (const std::string& reason : reasons_of(run)) reasons += list_item(reason);
  for (const std::string& ground : grounds_of(run)) reasons += list_item(ground);
  if (!reasons.empty()) out += reasons + "\n";
  if (!run.measurements.empty()) out += measurement_table(run).markdown() + "\n";
  for (const std::string& line :
       {conditions_of(run), real_instances_of(run), rate_of(run), checkpoint_frames_of(run),
        delayed_fsync_of(run), server_statistics_of(run), self_check_of(run), littles_law_of(run),
        audit_of(run), errors_of(run), contention_of(run), resources_of(run)}) {
    out += list_item(line);
  }
  return out;
}

}  // namespace

std::string to_markdown(const Report& report) {
  std::string out = "# Load report: " + std::string(to_string(report.verdict())) + "\n\n" +
                    list_item(machine_of(report.environment)) +
                    list_item(software_of(report.environment));
  if (report.decision) {
    out += list_item(decision_line(*report.decision));
  }
  out += list_item(missing_runs_of(report));
  if (report.runs.size() > 1) {
    const std::string table = overview(report);
    if (table.size() < largest_markdown / 2) out += table;
  }
  if (compares_stores(report.runs)) {
    out += "\n## " + plain_line(side_by_side_title(report.runs)) + "\n\n" +
           side_by_side_table(report.runs).markdown() + "\n" +
           figure_table(judge_pairs(report.runs)).markdown();
  }
  std::size_t left = report.runs.size();
  for (const Run& run : report.runs) {
    const std::string text = section(run);
    if (out.size() + text.size() + reserve > largest_markdown) break;
    out += text;
    --left;
  }
  if (left > 0) out += "\n" + grouped(left) + " more in report.json.\n";
  return out;
}

}  // namespace yardmaster::reports
