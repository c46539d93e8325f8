// Numbers and names as people read them in reports. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/report.h"

namespace yardmaster::reports {

// 1234567 → "1,234,567".
std::string grouped(std::uint64_t number);
// Three significant digits, at most three decimals; "never" for infinity: 0.123, 12.3, 1,234.
std::string milliseconds(double value);
// A positive number with so many decimals: decimals(1.25, 1) → "1.3".
std::string decimals(double value, int places);
// 0.99 → "P99", 0.999 → "P99.9".
std::string quantile_name(double quantile);
// The parts that are not empty, with the separator between them.
std::string joined(const std::vector<std::string>& parts, const char* separator = ", ");
// "write P99".
std::string target_name(const Target& target);
// Returns the quantile that was judged, which may be a lesser one than the target's.
double judged_quantile_of(const TargetResult& result);
// "write P99", "checkpoint P95 (for P99)".
std::string result_name(const TargetResult& result);

}  // namespace yardmaster::reports
