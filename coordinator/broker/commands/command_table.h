// The table has a row for each command: name, right, help, arguments, reply, handler. The protocol
// reference is made from it.
#pragma once

#include <vector>

#include "coordinator/broker/commands/command.h"
#include "coordinator/broker/commands/services.h"

namespace yardmaster {

// The services have to outlive the table. Broker thread only. Without its handlers, it is
// command_specs().
std::vector<Command> command_table(Services& services);

}  // namespace yardmaster
