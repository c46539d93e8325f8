// The processes that a simulated agent leaves about, as builds and servers of real ones do. Called
// before the agent has threads or connections.
#pragma once

#include <sys/types.h>

namespace yardmaster::loadgen {

// One that is just a child, one whose parent ends at once, one in a session of its own, and one
// with both. They do nothing, ignore the signals that their parent does, and end when `owner` does.
void leave_children_about(pid_t owner);

// Waits until the process has ended; for ever when it is 0.
void wait_for_end_of(pid_t process);

}  // namespace yardmaster::loadgen
