#include "coordinator/cli/control/pane_rows.h"

#include <algorithm>
#include <array>
#include <map>

#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

struct KnownState {
  const char* name;
  StateSign sign;
};

// In the order in which a person looks at them.
constexpr std::array known_states{KnownState{"waiting", {'W', StateColour::wants_you}},
                                  KnownState{"unknown", {'?', StateColour::bad}},
                                  KnownState{"running", {'R', StateColour::good}},
                                  KnownState{"idle", {'I', StateColour::quiet}},
                                  KnownState{"starting", {'S', StateColour::passing}},
                                  KnownState{"stopping", {'X', StateColour::passing}}};

struct PaneColumn {
  const char* title;
  std::size_t least;
  std::size_t most;
};

// What is left of the width is the task's.
constexpr std::array columns{PaneColumn{"NAME", 10, 24}, PaneColumn{"STATE", 9, 9},
                             PaneColumn{"ROLE", 10, 14}, PaneColumn{"REPO", 8, 16},
                             PaneColumn{"AGE", 6, 6},    PaneColumn{"BRANCH", 10, 30}};
constexpr std::size_t sign_width = 2;
constexpr std::size_t gap = 1;
constexpr std::size_t least_task = 20;

std::string padded(const std::string& text, std::size_t width) {
  std::string cell = cut(text, width);
  cell.append(width - std::min(width, display_width(cell)), ' ');
  return cell;
}

// All get what they need at least; what is over goes round, the task's share first.
std::array<std::size_t, columns.size()> column_widths(std::size_t width) {
  std::array<std::size_t, columns.size()> widths{};
  std::size_t used = sign_width + least_task;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    widths[i] = columns[i].least;
    used += columns[i].least + gap;
  }
  for (std::size_t i = 0; i < columns.size() && used < width; ++i) {
    const std::size_t more = std::min(columns[i].most - columns[i].least, (width - used) / 2);
    widths[i] += more;
    used += more;
  }
  return widths;
}

std::string line_of(const std::string& sign, const std::array<std::string, columns.size()>& cells,
                    const std::string& task, std::size_t width) {
  const auto widths = column_widths(width);
  std::string line = padded(sign, sign_width);
  for (std::size_t i = 0; i < cells.size(); ++i) line += padded(cells[i], widths[i]) + " ";
  return cut(line + task, width);
}

std::string cell(const json& instance, const char* key) { return one_line(text_of(instance, key)); }

std::string age(const json& instance, WallTime now) {
  const auto since = parse_time(text_of(instance, "created_at"));
  return since ? relative_time(*since, now) : "";
}

}  // namespace

StateSign sign_of(const std::string& state) {
  const auto* const found = std::ranges::find_if(
      known_states, [&state](const KnownState& each) { return each.name == state; });
  return found == known_states.end() ? StateSign{} : found->sign;
}

std::string pane_heading(std::size_t width) {
  std::array<std::string, columns.size()> titles;
  for (std::size_t i = 0; i < columns.size(); ++i) titles[i] = columns[i].title;
  return line_of("", titles, "TASK", width);
}

std::vector<PaneRow> pane_rows(const json& instances, WallTime now, std::size_t width) {
  std::vector<PaneRow> rows;
  for (const json& each : instances) {
    const std::string state = cell(each, "state");
    rows.push_back({cell(each, "instance_id"), state,
                    line_of(std::string(1, sign_of(state).letter),
                            {cell(each, "instance_id"), state, cell(each, "role"),
                             cell(each, "repo"), age(each, now), cell(each, "branch")},
                            cell(each, "task"), width)});
  }
  return rows;
}

std::string pane_summary(const json& instances) {
  std::map<std::string, std::size_t> counts;
  for (const json& each : instances) ++counts[text_of(each, "state")];
  std::string text = counted(instances.size(), "instance") + (counts.empty() ? "" : ":");
  for (const KnownState& state : known_states) {
    const auto found = counts.find(state.name);
    if (found == counts.end()) continue;
    text += std::string(" ") + state.sign.letter + " " + std::to_string(found->second) + " " +
            state.name + " ";
  }
  return text;
}

}  // namespace yardmaster::cli
