// The domain's values as they stand on the wire. Any thread.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/domain/context.h"
#include "coordinator/domain/handoff.h"
#include "coordinator/domain/instance.h"
#include "coordinator/domain/message.h"
#include "coordinator/domain/repository.h"

namespace yardmaster {

nlohmann::json message_json(const Message& message);
nlohmann::json dead_letter_json(const DeadLetter& letter);
nlohmann::json handoff_json(const Handoff& handoff);
nlohmann::json instance_json(const Instance& instance);
nlohmann::json repository_json(const Repository& repository);
// Returns the reply data of allocate_instance.
nlohmann::json allocation_json(const Instance& instance);
// Of one that waits for its restart or was given up.
nlohmann::json wanted_json(const WantedInstance& wanted);
// Appends {"seq":…,"kind":…,"data":…,"time":…}.
void append_entry(std::string& out, std::uint64_t seq, std::string_view kind, std::string_view data,
                  WallTime time);

}  // namespace yardmaster
