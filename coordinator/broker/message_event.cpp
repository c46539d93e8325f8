#include "coordinator/broker/message_event.h"

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/wire_values.h"

namespace yardmaster {

std::string message_beginning(const Message& message) {
  std::string beginning = "{\"event\":\"message\",\"data\":{\"id\":";
  append_number(beginning, message.id);
  beginning.append(",\"to\":");
  append_quoted(beginning, message.to);
  beginning.push_back(',');
  return beginning;
}

SharedText message_rest(MemoryBudget& memory, const Message& message) {
  std::string rest = "\"from\":";
  append_quoted(rest, message.from);
  rest.append(",\"sent_at\":\"").append(format_time(message.sent_at)).append("\",\"body\":");
  append_quoted(rest, message.body);
  rest.append("}}");
  return memory.share(std::move(rest));
}

}  // namespace yardmaster
