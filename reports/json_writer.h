// report.json, the contract with other tools: schema 1, fields in the order of reports/README.md.
// Pure, any thread.
#pragma once

#include <string>

#include "reports/report.h"

namespace yardmaster::reports {

// Ends with a newline. Milliseconds keep nanoseconds; infinity becomes null; invalid UTF-8 is
// replaced.
std::string to_json(const Report& report);

}  // namespace yardmaster::reports
