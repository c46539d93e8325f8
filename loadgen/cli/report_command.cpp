// loadgen report: reports and searches as one page.
#include <filesystem>
#include <iostream>
#include <string>

#include "coordinator/base/error.h"
#include "loadgen/cli/commands.h"
#include "reports/page_writer.h"
#include "reports/report_files.h"

namespace yardmaster::loadgen {
namespace {

namespace fs = std::filesystem;

// Returns the name by which a reader tells files apart: that of its directory, where the file is
// called as all are.
std::string name_of(const fs::path& path, std::size_t files) {
  if (files == 1) return "";
  const fs::path plain = fs::absolute(path).lexically_normal();
  if (plain.filename() == "report.json" || plain.filename().empty()) {
    return plain.parent_path().filename().string();
  }
  return plain.filename().string();
}

}  // namespace

int show_reports(const Options& options) {
  reports::Page page;
  for (const fs::path& path : options.shown) {
    const std::string name = name_of(path, options.shown.size());
    if (auto search = reports::read_search(path)) {
      page.searches.push_back({.name = name, .map = std::move(*search)});
    } else {
      page.reports.push_back({.name = name, .report = reports::read_report(path)});
    }
  }
  const fs::path& first = options.shown.front();
  const fs::path directory = fs::is_directory(first) ? first : first.parent_path();
  const fs::path file = options.html.empty() ? directory / "report.html" : options.html;
  reports::write_file(file, reports::to_html(page));
  std::cout << "page: " << file.string() << std::endl;
  return exit_pass;
}

}  // namespace yardmaster::loadgen
