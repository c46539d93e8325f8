// What the control pane shows of the yard: its instances in their order, and the lines that stand
// for them. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/base/clock.h"

namespace yardmaster::cli {

// How a state looks: a letter, since not everybody can tell colours, and a colour.
enum class StateColour { plain, good, quiet, wants_you, passing, bad };
struct StateSign {
  char letter = '?';
  StateColour colour = StateColour::plain;
};
StateSign sign_of(const std::string& state);

struct PaneRow {
  std::string name;
  std::string state;
  std::string text;  // the whole line, as wide as was asked for
};

// `instances` is "instances" of list_instances. The first line names the columns. Whatever is in a
// field, it stays in its line and has no effect on a terminal.
std::string pane_heading(std::size_t width);
std::vector<PaneRow> pane_rows(const nlohmann::json& instances, WallTime now, std::size_t width);

// "12 instances: R 9 running  I 2 idle  W 1 waiting".
std::string pane_summary(const nlohmann::json& instances);

}  // namespace yardmaster::cli
