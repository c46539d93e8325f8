// The daemon's replies as people read them. Pure functions of the reply, any thread; fields that
// are missing or null count as empty.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/cli/output/table.h"

namespace yardmaster::cli {

// A string as it is, a number as digits; empty when there is none.
std::string text_of(const nlohmann::json& object, const char* key);
std::uint64_t number_of(const nlohmann::json& object, const char* key);
// An object's list; empty when there is none.
nlohmann::json list_of(const nlohmann::json& object, const char* key);
// False when there is none.
bool flag_of(const nlohmann::json& object, const char* key);
// How long ago its time was: "3 m"; empty when there is none.
std::string age_of(const nlohmann::json& object, const char* key, WallTime now);

// `repositories` is "repos" of list_repos.
Table repositories_table(const nlohmann::json& repositories);
// `instances` is "instances" or "waiting" of list_instances, living ones, gone ones or such that
// wait for their restart.
Table instances_table(const nlohmann::json& instances, WallTime now);
// What becomes of one of "waiting": "is started again in 8 s (died 2 times lately)".
std::string waiting_text(const nlohmann::json& waiting, WallTime now);
// Returns them by this field, in the order that people expect of names.
nlohmann::json by_name(const nlohmann::json& list, const char* key);
// Returns the latest `most` of these gone instances, the latest first; 0 means all.
nlohmann::json latest_first(const nlohmann::json& instances, std::size_t most);
Table history_table(const nlohmann::json& gone, WallTime now);
// A message whole: a line about it, then its text, which cannot pass for another message.
std::string message_text(const nlohmann::json& message);
// An entry of a context, in the same way.
std::string entry_text(const nlohmann::json& entry);
// `rescues` is "rescues" of list_rescues.
Table rescues_table(const nlohmann::json& rescues, WallTime now);

// The command that gets a rescue ref's work back.
using RestoreCommand = std::function<std::string(const std::string& ref)>;
// Says what was saved when an instance ended, and how to get it back; empty when nothing was.
std::string rescued_text(const nlohmann::json& rescue, const RestoreCommand& restore);
// `reply` is that of trigger_cleanup or repair_state: shown are a table, the total, and the work
// that was saved on the way.
std::string actions_text(const nlohmann::json& reply, const std::string& nothing, std::size_t width,
                         const RestoreCommand& restore);
// All that is known of an instance that is gone.
std::string ending_text(const nlohmann::json& gone, WallTime now, const RestoreCommand& restore);

}  // namespace yardmaster::cli
