// Durable text from one instance to another, as a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/base/clock.h"

namespace yardmaster {

// Rows hold the numbers, and SQL is built from them (cmake/stored_numbers.cmake): one that was
// given never changes. A message's status only rises.
enum class MessageStatus { pending = 0, delivered = 1, read = 2, acked = 3 };

std::string_view to_string(MessageStatus status);
std::optional<MessageStatus> message_status_from(std::string_view text);

struct Message {
  std::uint64_t id = 0;  // rises in the order of commits: a recipient's order is the order of ids
  std::string from;
  std::string to;
  std::string body;
  MessageStatus status = MessageStatus::pending;
  WallTime sent_at{};
  std::optional<WallTime> acked_at;
};

// A filter selects the messages that list_messages returns: those after an id, oldest first.
// Without a status it selects all that are not acked.
struct MessageFilter {
  std::string recipient;
  std::optional<MessageStatus> status;
  std::uint64_t after = 0;
  std::size_t limit = 100;
};

}  // namespace yardmaster
