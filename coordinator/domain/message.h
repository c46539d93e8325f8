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
// given never changes. A message's status only rises:
//
//   pending    it is stored
//   delivered  the recipient's side took it: it confirmed that it has it, or has told its agent
//   read       the agent opened it
//   acked      the agent said that it is dealt with
//   dead       nobody is going to read it any more, and why (DeadLetter). From pending, or, when
//              the recipient has ended, from delivered; nothing follows
enum class MessageStatus { pending = 0, delivered = 1, read = 2, acked = 3, dead = 4 };

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

// Why a message is dead, as rows hold it.
enum class DeathCause { recipient_ended = 0, not_taken = 1 };

std::string_view to_string(DeathCause cause);

// A message that nobody is going to read.
struct DeadLetter {
  Message message;
  DeathCause cause = DeathCause::recipient_ended;
  WallTime died_at{};
};

// In one sentence, for people.
std::string death_reason(const DeadLetter& letter);

// A filter selects the dead letters that list_dead_letters returns, the oldest message first.
struct DeadLetterFilter {
  std::string instance = {};  // to whom or by whom they were sent; empty: everyone's
  std::uint64_t after = 0;
  std::size_t limit = 100;
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();
};

// A filter selects the messages that list_messages returns: without a status all that are not
// acked or dead, oldest first or newest first, and those that follow `after` in that order (0: from
// the beginning). As many as make up `most_bytes`, though one at least.
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
