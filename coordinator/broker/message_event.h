// The event `message` as text, in two parts: what many recipients of one text share, and what each
// has of its own. Broker thread.
#pragma once

#include <string>

#include "coordinator/broker/sessions/memory_budget.h"
#include "coordinator/domain/message.h"

namespace yardmaster {

std::string message_beginning(const Message& message);
// All but the id and the recipient.
SharedText message_rest(MemoryBudget& memory, const Message& message);

}  // namespace yardmaster
