// report.md, for a CI summary. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>

#include "reports/report.h"

namespace yardmaster::reports {

inline constexpr std::size_t largest_markdown = std::size_t{64} * 1024;

// Always under largest_markdown bytes: runs that do not fit are named as such.
std::string to_markdown(const Report& report);

}  // namespace yardmaster::reports
