// What a process inherits from whoever starts it, beside its environment and its files, put back to
// what a fresh one has. Before there are threads.
#pragma once

namespace yardmaster {

// Opens /dev/null for those of standard input, output and error that are closed, so that no file or
// socket takes their place.
void open_standard_descriptors();

// Leaves the directory (for /), alarms, priority, scheduling, processors, and how likely memory
// pressure ends it; raises soft limits to the hard ones, but those of stack and core dumps, which
// get their usual values. `hard_limits_too`: to the first process's, where that is allowed. Signals
// are not touched: see ProgramImage. What the system does not allow stays.
void forget_caller(bool hard_limits_too);

}  // namespace yardmaster
