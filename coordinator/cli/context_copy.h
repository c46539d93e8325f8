// Reads contexts whole, and takes over those that were handed on, as whoever receives one has to:
// all of it read, counted and digested first. Blocking; these throw what Client::call() does.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "coordinator/client/client.h"

namespace yardmaster::cli {

// Calls `visit` with each entry as read_context gives it, from `from_seq` on, in order. Returns the
// last reply without its entries.
nlohmann::json read_whole_context(Client& client, const std::string& context,
                                  std::uint64_t from_seq,
                                  const std::function<void(const nlohmann::json& entry)>& visit);

// Appends an entry after the last one and returns its number. Somebody else who appends at the same
// time may come first: then it is tried again with the next number.
std::uint64_t append_entry(Client& client, const std::string& context, const std::string& kind,
                           const std::string& data);

// Reads the context of a pending handoff, checks its count and digest, and accepts it for `who`.
// Returns the accepted handoff. Throws Error{not_found} when there is no such handoff, or it is
// decided.
nlohmann::json accept_offered(Client& client, std::uint64_t id, const std::string& who);

}  // namespace yardmaster::cli
