// The page of the whole protocol, made from the tables that the daemon itself works with. Any
// thread.
#pragma once

#include <string>

namespace yardmaster {

// Markdown: commands, objects, events and error codes.
std::string protocol_reference();

}  // namespace yardmaster
