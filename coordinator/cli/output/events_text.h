// Events of the daemon as a person reads them, a line each. Pure, any thread.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace yardmaster::cli {

// `event` is {"event":…,"data":…}. One line without control characters and without its end; an
// event that is not known shows as what it is called.
std::string event_line(const nlohmann::json& event);

}  // namespace yardmaster::cli
