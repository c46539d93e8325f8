// Finds the saved work that a command means. Pure, any thread.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace yardmaster::cli {

// Returns the entry of list_rescues' "rescues" that `wanted` names: a whole ref, its end
// ("worker-1/2026…") or an instance, of which the latest commit counts. Throws Error{not_found}
// when there is none or it is no commit, Error{usage} when several repositories have it.
nlohmann::json choose_rescue(const nlohmann::json& rescues, const std::string& wanted);

}  // namespace yardmaster::cli
