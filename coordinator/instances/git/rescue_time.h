// The time in a rescue's name: "20261121T091500Z". Any thread.
#pragma once

#include <string>

#include "coordinator/base/clock.h"

namespace yardmaster {

std::string rescue_time_text(WallTime time);
// Of a text that begins so; the epoch when none does.
WallTime parse_rescue_time(const std::string& text);

}  // namespace yardmaster
