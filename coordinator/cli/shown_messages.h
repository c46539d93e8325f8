// Messages that were shown to their recipient: it has them once the output that shows them was
// written, and then says so. One thread; calls block.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/client/client.h"

namespace yardmaster::cli {

// Those of "messages" of list_messages that nobody has confirmed yet.
std::vector<std::uint64_t> unconfirmed_of(const nlohmann::json& messages);

// Throws what Client::call() throws; nothing is lost then: they are shown again.
void confirm_delivery(Client& client, const std::string& recipient,
                      const std::vector<std::uint64_t>& ids);

}  // namespace yardmaster::cli
