#include <cmath>

#include "reports/compare.h"
#include "reports/figure_text.h"
#include "reports/text_table.h"

namespace yardmaster::reports {
namespace {

std::string percent(double ratio) {
  if (!std::isfinite(ratio)) return "?";
  const double change = (ratio - 1) * 100;
  if (change >= 9'999.5) return ">9,999%";
  return (change < 0 ? "-" : "+") + decimals(std::abs(change), 1) + "%";
}

std::string coloured(const std::string& text, const char* code, bool colours) {
  return colours ? std::string("\x1b[") + code + "m" + text + "\x1b[0m" : text;
}

std::string shown(const Change& change, bool colours) {
  std::string text(to_string(change.trend));
  if (change.trend == Trend::slower) return coloured(text, "31", colours);
  if (change.trend == Trend::faster) return coloured(text, "32", colours);
  return text;
}

std::string interval_of(const Change& change) {
  if (change.trend == Trend::unknown) return "-";
  const std::string low = change.ratio_low > 0 ? percent(change.ratio_low) : "?";
  return low + " .. " + percent(change.ratio_high);
}

TextTable table_of(const RunComparison& run, bool colours) {
  TextTable table({{"P99 in ms", Align::left},
                   {"before"},
                   {"after"},
                   {"change"},
                   {"95% of change"},
                   {"p"},
                   {"", Align::left}});
  for (const Change& change : run.changes) {
    const bool known = change.trend != Trend::unknown;
    table.add({change.measurement, milliseconds(change.before_ms), milliseconds(change.after_ms),
               known ? percent(change.ratio) : "-", interval_of(change),
               known ? decimals(change.p_value, 3) : "-", shown(change, colours)});
  }
  return table;
}

}  // namespace

std::string to_terminal(const Comparison& comparison, bool colours) {
  std::string out;
  for (const std::string& note : comparison.notes) out += wrapped(note, 0, line_width);
  for (const RunComparison& run : comparison.runs) {
    if (!out.empty()) out += '\n';
    out += wrapped(run.title, 0, line_width);
    if (!run.changes.empty()) out += table_of(run, colours).plain(2);
    for (const std::string& note : run.notes) out += wrapped(note, 4, line_width);
  }
  out += '\n';
  if (comparison.lost_integrity()) return out + coloured("regression", "31", colours) + "\n";
  const char* const found = comparison.regression()
                                ? "slower than what one run varies by within itself"
                                : "not slower than what one run varies by within itself";
  return out + wrapped(std::string(found) +
                           "; whether the programs differ, three reports on each side tell",
                       0, line_width);
}

}  // namespace yardmaster::reports
