// The time in a rescue's name: "20261121T091500Z". Any thread.
#pragma once

#include <string>

#include "coordinator/base/clock.h"

namespace yardmaster {

std::string rescue_time_text(WallTime time);
// Returns the time with which the text begins; the epoch when it begins with none.
WallTime parse_rescue_time(const std::string& text);

}  // namespace yardmaster
