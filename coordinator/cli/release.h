// Ending instances through the daemon. Blocking, main thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/client/client.h"

namespace yardmaster::cli {

// An agent that ignores SIGTERM has its grace, and much work takes its time to be saved.
inline constexpr std::chrono::minutes ending_timeout{10};

// release_instance of all of them at once, since each may take as long as its grace. One that is
// being started or ended, or whose end failed and is tried again by the daemon, is asked for again
// until `timeout` is over. `on_released` gets each reply's data as it comes. Returns the
// complaints, one line each, about those that could not be ended; one that is gone meanwhile is
// none.
std::vector<std::string> release_all(Client& client, const std::vector<std::string>& names,
                                     const std::function<void(const nlohmann::json&)>& on_released,
                                     std::chrono::nanoseconds timeout = ending_timeout);

}  // namespace yardmaster::cli
