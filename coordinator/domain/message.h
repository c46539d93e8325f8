// Durable text from one instance to another, as a plain value.
#pragma once

#include <cstdint>
#include <limits>
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

// A filter selects the messages that list_messages returns: without a status all that are not
// acked, oldest first or newest first, and those that follow `after` in that order (0: from the
// beginning). As many as make up `most_bytes`, though one at least.
struct MessageFilter {
  std::string recipient;
  std::optional<MessageStatus> status;
  std::uint64_t after = 0;
  std::size_t limit = 100;
  bool newest_first = false;
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();
};

// Whom a broadcast is for, as its sender writes it: @all and @ROLE mean those of the sender's
// repository, @all@REPO and @ROLE@REPO those of another, @@all and @@ROLE everybody in the yard. A
// sender that belongs to no repository has none of its own to mean: its @all is the whole yard.
struct Recipients {
  std::string role;                 // empty: any
  std::optional<std::string> repo;  // named
  bool whole_yard = false;
};
// nullopt when it is no such text.
std::optional<Recipients> recipients_from(std::string_view text);

}  // namespace yardmaster
