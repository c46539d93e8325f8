// Reports on disk. Any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "reports/capacity_map.h"
#include "reports/report.h"

namespace yardmaster::reports {

// Writes report.json, report.md and report.html into the directory, which is made if it is missing.
// Throws Error{usage} with one line that names the path.
void write_report(const Report& report, const std::filesystem::path& directory);

// Replaces the file. Throws Error{usage}.
void write_file(const std::filesystem::path& path, std::string_view text);

// Reads a report.json, or the one in a directory. Throws Error{usage} with one line that names the
// file and what is wrong with it.
Report read_report(const std::filesystem::path& path);

// Reads what a search or a map found. Returns nothing for a file that is no such record, and throws
// Error{usage} for a broken one.
std::optional<CapacityMap> read_search(const std::filesystem::path& path);

}  // namespace yardmaster::reports
