// What the control pane shows of the yard: lines that stand for its instances. Pure, any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/domain/state_sign.h"

namespace yardmaster::cli {

struct PaneRow {
  StateColour colour = StateColour::plain;
  std::string text;  // the whole line
};

struct PaneTable {
  std::string heading;
  std::vector<PaneRow> rows;
};

// `instances` are those of list_instances, living or waiting, with what instance_details adds. The
// columns that matter most come first into a narrow terminal, and what nobody has takes no column.
// Whatever is in a field, it stays in its line and has no effect on a terminal.
PaneTable pane_table(const nlohmann::json& instances, WallTime now, std::size_t width);

// When what the table says of times is another; nullopt: never.
std::optional<std::chrono::milliseconds> time_until_change(const nlohmann::json& instances,
                                                           WallTime now);

// "12 instances: R 9 running  I 2 idle  W 1 waiting".
std::string pane_summary(const nlohmann::json& instances);

}  // namespace yardmaster::cli
