#include "coordinator/cli/shown_messages.h"

#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {

std::vector<std::uint64_t> unconfirmed_of(const nlohmann::json& messages) {
  std::vector<std::uint64_t> ids;
  for (const nlohmann::json& message : messages) {
    if (text_of(message, "status") == "pending") ids.push_back(number_of(message, "id"));
  }
  return ids;
}

void confirm_delivery(Client& client, const std::string& recipient,
                      const std::vector<std::uint64_t>& ids) {
  if (ids.empty()) return;
  client.call("confirm_delivery", {{"instance_id", recipient}, {"ids", ids}});
}

}  // namespace yardmaster::cli
