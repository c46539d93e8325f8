// Writes reports and searches as one HTML page that needs nothing else: the template, style and
// scripts of page/ with dygraphs from its package, and the data as JSON. Nothing in the data can
// become markup or script. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/capacity_map.h"
#include "reports/compare.h"
#include "reports/report.h"

namespace yardmaster::reports {

struct ShownReport {
  std::string name;  // "before"; empty where there is only one
  Report report;
};

struct ShownSearch {
  std::string name;
  CapacityMap map;
};

struct Page {
  std::vector<ShownReport> reports = {};
  std::vector<ShownSearch> searches = {};
  std::optional<Comparison> comparison = {};  // of the first two reports
  bool live = false;                          // it asks for /data again and again
};

std::string to_html(const Page& page);
// Returns the data alone, as /data gives it.
std::string page_data(const Page& page);

}  // namespace yardmaster::reports
