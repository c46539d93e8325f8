// Writes what loadgen prints: plain text of at most 100 columns. Pure, any thread.
#pragma once

#include <string>

#include "reports/report.h"

namespace yardmaster::reports {

// Colours are escape sequences around the verdicts; ask for them on a terminal only.
std::string to_terminal(const Report& report, bool colours);
std::string to_terminal(const Run& run, bool colours);

}  // namespace yardmaster::reports
