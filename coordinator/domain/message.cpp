#include "coordinator/domain/message.h"

#include <array>
#include <utility>

namespace yardmaster {
namespace {

constexpr std::array<std::pair<MessageStatus, std::string_view>, 4> message_status_names{{
    {MessageStatus::pending, "pending"},
    {MessageStatus::delivered, "delivered"},
    {MessageStatus::read, "read"},
    {MessageStatus::acked, "acked"},
}};

}  // namespace

std::string_view to_string(MessageStatus status) {
  return message_status_names[static_cast<std::size_t>(status)].second;
}

std::optional<MessageStatus> message_status_from(std::string_view text) {
  for (const auto& [status, name] : message_status_names) {
    if (name == text) return status;
  }
  return std::nullopt;
}

}  // namespace yardmaster
