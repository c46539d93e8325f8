#include "coordinator/broker/event_table.h"

#include "coordinator/broker/commands/reply_fields.h"
#include "coordinator/broker/commands/reply_objects.h"

namespace yardmaster {
namespace {

constexpr EventSpec event_specs[event_kinds] = {
    {"message", "A message was sent. It is delivered when its recipient's side has confirmed that.",
     reply::message_event},
    {"unread", "A message was sent. Says only that, and delivers nothing.", reply::unread_event},
    {"message_status", "A message was delivered, read or acked, or died.",
     reply::message_status_event},
    {"handoff", "A handoff was offered, accepted or cancelled, or expired.", reply::handoff},
    {"instance", "The state of an instance changed.", reply::instance_event},
    {"gone", "The last trace of an instance is gone.", reply::gone_event},
    {"checkpoint", "The store made a checkpoint; only for those who hear of everyone.",
     reply::checkpoint_event}};

}  // namespace

std::span<const EventSpec, event_kinds> event_table() { return event_specs; }

}  // namespace yardmaster
