#include "coordinator/cli/control/pane_rows.h"

#include <algorithm>
#include <array>
#include <map>

#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;
using std::chrono::seconds;

enum Column { name, state, role, task, branch, unread, waits_for, entries, age, last_words, repo };
constexpr std::size_t column_count = 11;
using Cells = std::array<std::string, column_count>;
using Widths = std::array<std::size_t, column_count>;

struct PaneColumn {
  const char* title;
  std::size_t least;
  std::size_t most;
  bool may_be_missing;  // when nobody has anything there
};

// In the order in which they are shown.
constexpr std::array<PaneColumn, column_count> columns{{{"NAME", 8, 28, false},
                                                        {"STATE", 8, 9, false},
                                                        {"ROLE", 8, 16, false},
                                                        {"TASK", 24, 400, false},
                                                        {"BRANCH", 10, 32, true},
                                                        {"UNREAD", 6, 6, false},
                                                        {"WAITS FOR", 12, 24, true},
                                                        {"ENTRIES", 7, 9, false},
                                                        {"AGE", 6, 6, false},
                                                        {"LAST WORDS", 16, 400, true},
                                                        {"REPO", 6, 20, true}}};
// In the order in which they get their place, and then more of it.
constexpr std::array<Column, column_count> by_rank{
    name, state, task, unread, waits_for, age, role, last_words, entries, branch, repo};
constexpr std::size_t sign_width = 2;
constexpr std::size_t gap = 1;

std::string padded(const std::string& text, std::size_t width) {
  std::string cell = cut(text, width);
  cell.append(width - std::min(width, display_width(cell)), ' ');
  return cell;
}

std::string cell(const json& instance, const char* key) { return one_line(text_of(instance, key)); }

std::string what_it_waits_for(const json& instance, WallTime now) {
  const auto next = parse_time(text_of(instance, "next_start"));
  if (!next) return cell(instance, "waits_for");
  const auto left = std::chrono::ceil<seconds>(*next - now);
  return "restart " + (left.count() > 0 ? "in " + duration_text(left) : std::string("now"));
}

std::string number_or_nothing(const json& instance, const char* key) {
  const std::uint64_t number = number_of(instance, key);
  return number == 0 ? "" : std::to_string(number);
}

Cells cells_of(const json& instance, WallTime now) {
  Cells cells;
  cells[name] = cell(instance, "instance_id");
  cells[state] = cell(instance, "state");
  cells[role] = cell(instance, "role");
  cells[task] = cell(instance, "task");
  cells[branch] = cell(instance, "branch");
  cells[unread] = number_or_nothing(instance, "unread");
  cells[waits_for] = what_it_waits_for(instance, now);
  cells[entries] = number_or_nothing(instance, "entries");
  cells[age] = age_of(instance, "created_at", now);
  cells[last_words] = cell(instance, "last_entry");
  cells[repo] = cell(instance, "repo");
  return cells;
}

// What each column would take at most; 0: it has nothing to say.
Widths wanted_widths(const std::vector<Cells>& rows) {
  Widths wanted{};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::size_t longest = 0;
    for (const Cells& cells : rows) longest = std::max(longest, display_width(cells[i]));
    if (longest == 0 && columns[i].may_be_missing) continue;
    wanted[i] = std::min(std::max(longest, display_width(columns[i].title)), columns[i].most);
  }
  return wanted;
}

// The least that each needs, by rank; then what is over, where task and last words share.
Widths column_widths(const Widths& wanted, std::size_t width) {
  Widths widths{};
  std::size_t left = width - std::min(width, sign_width);
  for (const Column each : by_rank) {
    const std::size_t needed = std::min(wanted[each], columns[each].least) + gap;
    if (wanted[each] == 0 || needed > left) continue;
    widths[each] = needed - gap;
    left -= needed;
  }
  const auto grow = [&](Column each, std::size_t most) {
    if (widths[each] == 0) return;
    const std::size_t more = std::min({wanted[each] - widths[each], left, most});
    widths[each] += more;
    left -= more;
  };
  for (const Column each : by_rank) {
    if (each != task && each != last_words) grow(each, left);
  }
  grow(task, widths[last_words] == 0 ? left : left / 2);
  grow(last_words, left);
  grow(task, left);
  return widths;
}

std::string line_of(char sign, const Cells& cells, const Widths& widths) {
  std::string line = padded(std::string(1, sign), sign_width);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (widths[i] > 0) line += padded(cells[i], widths[i]) + " ";
  }
  return line;
}

seconds until_age_changes(seconds age) {
  if (age < seconds(60)) return seconds(1);
  return seconds(60) - age % seconds(60);
}

}  // namespace

PaneTable pane_table(const json& instances, WallTime now, std::size_t width) {
  std::vector<Cells> rows;
  for (const json& each : instances) rows.push_back(cells_of(each, now));
  const auto is_the_same = [&rows](const Cells& cells) {
    return cells[repo] == rows.front()[repo];
  };
  if (std::ranges::all_of(rows, is_the_same)) {
    for (Cells& cells : rows) cells[repo].clear();
  }
  const Widths widths = column_widths(wanted_widths(rows), width);
  Cells titles;
  for (std::size_t i = 0; i < columns.size(); ++i) titles[i] = columns[i].title;
  PaneTable table{line_of(' ', titles, widths), {}};
  for (const Cells& cells : rows) {
    const StateSign sign = sign_of(cells[state]);
    table.rows.push_back({sign.colour, cut(line_of(sign.letter, cells, widths), width)});
  }
  return table;
}

std::optional<std::chrono::milliseconds> time_until_change(const json& instances, WallTime now) {
  std::optional<std::chrono::milliseconds> soonest;
  for (const json& each : instances) {
    seconds until(1);
    if (!parse_time(text_of(each, "next_start"))) {
      const auto since = parse_time(text_of(each, "created_at"));
      if (!since) continue;
      until = until_age_changes(std::chrono::floor<seconds>(now - *since));
    }
    soonest = std::min<std::chrono::milliseconds>(soonest.value_or(until), until);
  }
  return soonest;
}

std::string pane_summary(const json& instances) {
  std::map<std::string, std::size_t, std::less<>> counts;
  for (const json& each : instances) ++counts[text_of(each, "state")];
  std::string text = counted(instances.size(), "instance") + (counts.empty() ? "" : ":");
  for (const StateSign& sign : state_signs()) {
    const auto found = counts.find(sign.state);
    if (found == counts.end()) continue;
    text += std::string(" ") + sign.letter + " " + std::to_string(found->second) + " " +
            found->first + " ";
  }
  return text;
}

}  // namespace yardmaster::cli
