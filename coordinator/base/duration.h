// Durations as people write them: a number and a unit, "250ms", "1.5s", "20us". Any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace yardmaster {

// Units: ns, us, ms, s, m, h. Throws Error{usage} when the unit is missing or unknown, or the
// number is negative or not one; the message repeats the text and says what is expected.
std::chrono::nanoseconds parse_duration(std::string_view text);

// The shortest exact form with one unit: 250ms, 1.5s, 20us.
std::string format_duration(std::chrono::nanoseconds duration);

// Returns milliseconds as a number, for reports.
inline double to_milliseconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

}  // namespace yardmaster
