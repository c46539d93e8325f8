// The table has a row for each command: name, arguments, handler. Broker thread only.
#pragma once

#include <vector>

#include "coordinator/broker/commands/command.h"
#include "coordinator/broker/commands/services.h"

namespace yardmaster {

// The services have to outlive the table.
std::vector<Command> command_table(Services& services);

}  // namespace yardmaster
