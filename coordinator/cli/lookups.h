// These functions find one thing of the daemon's by its name, as the daemon's list has it.
// Blocking; they throw what Client::call() does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "coordinator/client/client.h"

namespace yardmaster::cli {

// Returns the living instance of this name, if there is one.
std::optional<nlohmann::json> find_instance(Client& client, const std::string& name);
// In any state, or only in this one.
std::optional<nlohmann::json> find_handoff(Client& client, std::uint64_t id,
                                           const std::string& state = {});
std::optional<nlohmann::json> find_repository(Client& client, const std::string& name);

}  // namespace yardmaster::cli
