#include "tests/support/exposition.h"

namespace yardmaster::support {

double metric_value(std::string_view page, const std::string& series) {
  const auto line = page.find("\n" + series + " ");
  if (line == std::string_view::npos) return 0;
  return std::stod(std::string(page.substr(line + series.size() + 2, 32)));
}

}  // namespace yardmaster::support
