#include "coordinator/cli/doctor/findings.h"

#include <algorithm>

#include "coordinator/cli/output/display_text.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

std::string_view mark_of(Health health) {
  if (health == Health::ok) return "ok";
  return health == Health::warn ? "warn" : "broken";
}

}  // namespace

Health worst_of(const std::vector<Finding>& findings) {
  Health worst = Health::ok;
  for (const Finding& finding : findings) worst = std::max(worst, finding.health);
  return worst;
}

std::string findings_text(const std::vector<Finding>& findings) {
  std::size_t widest = 0;
  for (const Finding& finding : findings) widest = std::max(widest, display_width(finding.name));
  std::string text;
  for (const Finding& finding : findings) {
    const std::string mark(mark_of(finding.health));
    text += mark + std::string(8 - mark.size(), ' ') + finding.name +
            std::string(widest - display_width(finding.name) + 2, ' ') + one_line(finding.what) +
            "\n";
    if (!finding.remedy.empty()) {
      text += std::string(10 + widest, ' ') + "→ " + one_line(finding.remedy) + "\n";
    }
  }
  return text;
}

json findings_json(const std::vector<Finding>& findings) {
  json list = json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"name", finding.name},
                    {"health", mark_of(finding.health)},
                    {"what", finding.what},
                    {"remedy", finding.remedy}});
  }
  return {{"health", mark_of(worst_of(findings))}, {"findings", std::move(list)}};
}

}  // namespace yardmaster::cli
