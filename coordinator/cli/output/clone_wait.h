// Adding a repository and staying until it is there. Blocking, main thread.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "coordinator/client/client.h"

namespace yardmaster::cli {

// `request` is add_repo's; returns the repository as list_repos has it, once it is ready. While it
// is cloned, shows git's progress on one line of a terminal. All or nothing: Ctrl-C and SIGTERM
// cancel the clone, and of one that failed no registration stays. Throws Error that says which.
nlohmann::json add_repository(Client& client, const nlohmann::json& request);

}  // namespace yardmaster::cli
