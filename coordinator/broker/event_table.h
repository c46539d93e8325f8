// The events that a session may subscribe to, as the hub sends them and the protocol reference
// shows them. Any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "coordinator/broker/commands/command_spec.h"

namespace yardmaster {

enum class EventKind { message, unread, message_status, handoff, instance, gone, checkpoint };
inline constexpr std::size_t event_kinds = 7;

struct EventSpec {
  std::string_view name;
  std::string_view help;
  std::span<const FieldSpec> data;
};

// In the order of EventKind.
std::span<const EventSpec, event_kinds> event_table();

}  // namespace yardmaster
