// Looks up a value in Prometheus's text format, as a scraper would find it.
#pragma once

#include <string>
#include <string_view>

namespace yardmaster::support {

// The value of a series without labels; 0 when the page has none of that name.
double metric_value(std::string_view page, const std::string& series);

}  // namespace yardmaster::support
