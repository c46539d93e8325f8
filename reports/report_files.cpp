#include "reports/report_files.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include <nlohmann/json.hpp>

#include "coordinator/base/error.h"
#include "reports/json_reader.h"
#include "reports/json_writer.h"
#include "reports/markdown_writer.h"
#include "reports/page_writer.h"

namespace yardmaster::reports {
namespace {

[[noreturn]] void refuse(const char* cannot, const std::filesystem::path& path,
                         const std::string& why) {
  throw Error(ErrorCode::usage, std::string(cannot) + " '" + path.string() + "': " + why);
}

std::string content_of(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse("cannot read", path, std::strerror(errno));
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view text) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) refuse("cannot write", path, std::strerror(errno));
}

void write_report(const Report& report, const std::filesystem::path& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) refuse("cannot make the directory", directory, failure.message());
  write_file(directory / "report.json", to_json(report));
  write_file(directory / "report.md", to_markdown(report));
  write_file(directory / "report.html", to_html({.reports = {{.name = "", .report = report}}}));
}

Report read_report(const std::filesystem::path& path) {
  std::error_code unknown;
  const bool is_directory = std::filesystem::is_directory(path, unknown);
  const std::filesystem::path file = is_directory ? path / "report.json" : path;
  const std::string text = content_of(file);
  try {
    return from_json(text);
  } catch (const Error& error) {
    refuse("cannot use", file, error.what());
  }
}

std::optional<CapacityMap> read_search(const std::filesystem::path& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) return std::nullopt;
  const std::string text = content_of(path);
  // Only a search has cells; whether it is a sound one, its reader says.
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("cells")) return std::nullopt;
  try {
    return map_from_json(text);
  } catch (const Error& error) {
    refuse("cannot use", path, error.what());
  }
}

}  // namespace yardmaster::reports
