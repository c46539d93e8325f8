// A load to run, as a file of JSON with comments: see scenarios/README.md. The built-in ones are
// part of the program. Everything here throws Error{usage} with the path of the bad field.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "loadgen/plan/load_plan.h"

namespace yardmaster::loadgen {

struct Scenario {
  std::string name;
  std::string description;
  std::vector<LoadPlan> runs;  // one after another
};

// Overrides are what flags change: the fields of a scenario, named as there. They win over the
// scenario's own and over those of each of its runs. Complaints call them by their flag,
// `--interval`.
using Overrides = nlohmann::json;

// The text of a scenario's file. `name` is what reports call it.
Scenario read_scenario(std::string_view text, const std::string& name, const Overrides& overrides);

// A built-in scenario's name, or the path of a file. The path must hold a '/' or end in ".json".
Scenario find_scenario(const std::string& name_or_file, const Overrides& overrides);

// Returns what loadgen runs when no scenario is named.
Scenario default_scenario(const Overrides& overrides);

struct BuiltInScenario {
  std::string_view name;
  std::string_view text;
};
const std::vector<BuiltInScenario>& built_in_scenarios();

}  // namespace yardmaster::loadgen
