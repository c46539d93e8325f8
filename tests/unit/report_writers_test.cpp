#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/error.h"
#include "reports/figure_text.h"
#include "reports/json_reader.h"
#include "reports/json_writer.h"
#include "reports/markdown_writer.h"
#include "reports/report_files.h"
#include "reports/terminal_writer.h"
#include "reports/text_table.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/sample_report.h"

namespace yardmaster::reports {
namespace {

// With YARDMASTER_UPDATE_GOLDEN set, this writes the file instead: look at the difference before
// you commit it.
void expect_golden(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::path(YARDMASTER_GOLDEN_DIRECTORY) / name;
  if (std::getenv("YARDMASTER_UPDATE_GOLDEN") != nullptr) write_file(path, text);
  EXPECT_EQ(text, support::read_file(path));
}

TEST(ReportWriters, json_is_as_recorded) { expect_golden("report.json", to_json(sample_report())); }

TEST(ReportWriters, markdown_is_as_recorded) {
  expect_golden("report.md", to_markdown(sample_report()));
}

TEST(ReportWriters, terminal_is_as_recorded) {
  expect_golden("report.txt", to_terminal(sample_report(), false));
}

TEST(ReportWriters, colours_change_nothing_but_colours) {
  const std::string plain = to_terminal(sample_report(), false);
  std::string coloured = to_terminal(sample_report(), true);
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_NE(coloured.find("\x1b[31mfail\x1b[0m"), std::string::npos);
  for (auto at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  EXPECT_EQ(coloured, plain);
}

TEST(ReportWriters, terminal_fits_100_columns) {
  Report report = sample_report();
  report.environment.cpu = std::string(40, 'C') + " " + std::string(40, 'P');
  Measurement slow = sample_measurement(10'000);
  slow.count = 9'600'000;
  report.runs[0].measurements["commit_in_checkpoint"] = slow;
  for (int i = 0; i < 40; ++i) report.runs[0].errors["some_error_" + std::to_string(i)] = 1'000;
  std::istringstream lines(to_terminal(report, true));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(shown_width(line), 100U) << line;
}

TEST(ReportWriters, markdown_stays_under_64_kib) {
  Report report = sample_report();
  for (int i = 0; i < 1'000; ++i) report.runs.push_back(sample_run());
  std::string text = to_markdown(report);
  EXPECT_LT(text.size(), largest_markdown);
  EXPECT_NE(text.find(" more in report.json."), std::string::npos);
  report.runs.back().verdict = Verdict::fail;
  EXPECT_NE(text.find("# Load report: fail"), std::string::npos);
  for (auto& run : report.runs) run.scenario = std::string(3'000, '*');
  text = to_markdown(report);
  EXPECT_LT(text.size(), largest_markdown);
}

TEST(ReportWriters, markdown_survives_what_names_hold) {
  Report report = sample_report();
  report.runs[0].scenario = "a|b\n# <script>";
  const std::string text = to_markdown(report);
  EXPECT_NE(text.find("\n## a|b \\# \\<script>"), std::string::npos);
  EXPECT_NE(text.find("\n| a\\|b \\# \\<script>"), std::string::npos);
}

// The fields that other tools rely on.
TEST(ReportWriters, json_has_the_agreed_fields) {
  const auto json = nlohmann::json::parse(to_json(sample_report()));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["verdict"], "fail");
  for (const char* key : {"cpu", "cores", "memory_bytes", "kernel", "filesystem", "sqlite_version",
                          "postgres_version", "compiler", "build_type", "fsync_ms"}) {
    EXPECT_TRUE(json["environment"].contains(key)) << key;
  }
  const auto& run = json["runs"][0];
  for (const char* key : {"scenario",
                          "instances",
                          "interval_ms",
                          "arrivals",
                          "duration_s",
                          "store",
                          "topology",
                          "transaction",
                          "checkpoint_policy",
                          "durability",
                          "fsync_injected_ms",
                          "seed",
                          "pair",
                          "verdict",
                          "offered_per_s",
                          "achieved_per_s",
                          "validity",
                          "measurements",
                          "checkpoint_frames",
                          "series",
                          "targets",
                          "audit",
                          "errors",
                          "resources"}) {
    EXPECT_TRUE(run.contains(key)) << key;
  }
  for (const char* key : {"count", "p50", "p90", "p99", "p999", "max", "mean", "p99_low",
                          "p99_high", "service_ms", "effective_count"}) {
    EXPECT_TRUE(run["measurements"]["write"].contains(key)) << key;
  }
  EXPECT_EQ(run["targets"][0]["limit_ms"], 30.0);
  EXPECT_TRUE(json["runs"][1]["measurements"]["write"]["max"].is_null());
}

TEST(ReportReader, round_trip_loses_nothing) {
  const std::string text = to_json(sample_report());
  const Report back = from_json(text);
  EXPECT_EQ(to_json(back), text);
  EXPECT_EQ(back.verdict(), Verdict::fail);
  EXPECT_TRUE(std::isinf(back.runs[1].measurements.at("write").p99_high_ms));
  EXPECT_EQ(back.runs[0].targets[0].target.limit, std::chrono::milliseconds(30));
}

TEST(ReportReader, unknown_fields_are_passed_over) {
  const Report report = from_json(
      R"({"schema": 1, "later": {}, "runs": [{"instances": 7, "novel": [1], "measurements":
          {"write": {"count": 3, "p42": 1}}}]})");
  ASSERT_EQ(report.runs.size(), 1U);
  EXPECT_EQ(report.runs[0].instances, 7U);
  EXPECT_EQ(report.runs[0].measurements.at("write").count, 3U);
  EXPECT_FALSE(report.decision);
}

std::string report_error(const std::string& text) {
  try {
    from_json(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.what();
  }
  return "accepted";
}

TEST(ReportReader, bad_files_get_one_line_that_names_the_field) {
  EXPECT_EQ(report_error("{"), "not JSON");
  // Shown or copied, this would take more stack than there is.
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(report_error("{\"schema\":" + deep + "}"), "nested deeper than 64 levels");
  EXPECT_EQ(report_error("[]"), "not a report: it has no 'schema'");
  EXPECT_EQ(report_error(R"({"schema": 2})"), "its schema is 2, this reads 1");
  EXPECT_EQ(report_error(R"({"schema": 1, "runs": {}})"), "'runs' is not an array");
  EXPECT_EQ(report_error(R"({"schema": 1, "runs": [{"instances": -1}]})"),
            "'runs[0].instances' is not a whole number");
  EXPECT_EQ(report_error(R"({"schema": 1, "runs": [{"measurements": {"write": {"p99": "x"}}}]})"),
            "'runs[0].measurements.write.p99' is not a number or null");
  EXPECT_EQ(report_error(R"({"schema": 1, "runs": [{"verdict": "maybe"}]})"),
            "'runs[0].verdict' is not pass, fail or inconclusive");
  EXPECT_EQ(report_error(R"({"schema": 1, "environment": {"cores": 99999999999}})"),
            "'environment.cores' is not a whole number of this size");
}

TEST(ReportFiles, written_and_read_back) {
  const support::TemporaryDirectory place;
  const auto directory = place / "new" / "report";
  write_report(sample_report(), directory);
  EXPECT_EQ(to_json(read_report(directory)), to_json(sample_report()));
  EXPECT_EQ(to_json(read_report(directory / "report.json")), to_json(sample_report()));
  EXPECT_TRUE(std::filesystem::exists(directory / "report.md"));
  EXPECT_THROW(read_report(directory / "missing.json"), Error);
  EXPECT_THROW(read_report(directory / "report.md"), Error);
  EXPECT_THROW(write_report({}, directory / "report.md" / "below"), Error);
}

TEST(ReportText, numbers_as_people_read_them) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(milliseconds(0), "0.00");
  EXPECT_EQ(milliseconds(0.0613), "0.061");
  EXPECT_EQ(milliseconds(1.234), "1.23");
  EXPECT_EQ(milliseconds(99.96), "100");
  EXPECT_EQ(milliseconds(1'234.5), "1,235");
  EXPECT_EQ(milliseconds(std::numeric_limits<double>::infinity()), "never");
  EXPECT_EQ(quantile_name(0.99), "P99");
  EXPECT_EQ(quantile_name(0.999), "P99.9");
  EXPECT_EQ(quantile_name(0.5), "P50");
}

}  // namespace
}  // namespace yardmaster::reports
