// A hook event is what a hook of the agent reports about the agent's activity. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace yardmaster::cli {

// The arguments of report_state for an event: session-start, prompt, stop or session-end. `input`
// is what the agent wrote to the hook's standard input: Claude Code's JSON, anything or nothing.
// nullopt for an event that says nothing about the agent's state.
std::optional<nlohmann::json> report_of(std::string_view event, std::string_view input);

}  // namespace yardmaster::cli
