// The process of one instance in the direct topology: opens its connection, writes when it is due,
// tries again when others are in the way, and tells what it measured through the shared memory. It
// is this same program, started by InstanceProcesses with a verb that no help mentions.
#pragma once

#include <string_view>

namespace yardmaster::loadgen {

inline constexpr std::string_view direct_instance_verb = "direct-instance";

// argv: the program, the verb, the descriptor of the memory, the instance's number. Returns the
// exit status; what went wrong is in the memory. Throws Error{usage} when somebody else started it.
int run_direct_instance(int argc, const char* const* argv);

}  // namespace yardmaster::loadgen
