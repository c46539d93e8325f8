#include "metrics/registry.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "coordinator/base/error.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::metrics {
namespace {

using namespace std::chrono_literals;

class RegistryTest : public ::testing::Test {
 protected:
  support::TemporaryDirectory directory_;
  Registry registry_;
};

bool holds(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST_F(RegistryTest, exposition_is_clean_under_promtool) {
  registry_.counter("yardmaster_entries_stored_total", "Context entries stored.").Increment(3);
  registry_.counter("yardmaster_errors_total", "Refused requests.", {{"code", "not_found"}})
      .Increment();
  registry_.counter("yardmaster_errors_total", "Refused requests.", {{"code", "conflict"}})
      .Increment();
  registry_.gauge("yardmaster_connections", "Open connections.").Set(25);
  registry_.gauge("process_resident_memory_bytes", "Resident memory.").Set(1 << 20);
  registry_.latency("yardmaster_commit_duration_seconds", "Time of a commit.").observe(2ms);
  registry_.histogram("yardmaster_checkpoint_frames", "Frames in the log.", {250, 1000, 4000})
      .Observe(700);
  write_textfile(directory_ / "metrics.prom", registry_.exposition());

  const std::string command =
      "promtool check metrics < " + (directory_ / "metrics.prom").string() + " 2>&1";
  std::FILE* promtool = ::popen(command.c_str(), "r");
  ASSERT_NE(promtool, nullptr);
  std::string output;
  for (int c = std::fgetc(promtool); c != EOF; c = std::fgetc(promtool)) {
    output += static_cast<char>(c);
  }
  const int status = ::pclose(promtool);
  if (WEXITSTATUS(status) == 127) GTEST_SKIP() << "promtool is not installed";
  EXPECT_EQ(WEXITSTATUS(status), 0) << output;
  EXPECT_EQ(output, "");
}

TEST_F(RegistryTest, latency_edges_lie_on_the_targets) {
  LatencyMetric commit = registry_.latency("yardmaster_commit_duration_seconds", "Commits.");
  for (const auto target : {1ms, 5ms, 20ms, 30ms, 500ms, 1'000ms, 3'000ms}) commit.observe(target);
  commit.observe(30ms + 1ns);
  const std::string text = registry_.exposition();
  const std::string bucket = "yardmaster_commit_duration_seconds_bucket";
  EXPECT_TRUE(holds(text, bucket + "{le=\"0.001\"} 1")) << text;
  EXPECT_TRUE(holds(text, bucket + "{le=\"0.005\"} 2"));
  EXPECT_TRUE(holds(text, bucket + "{le=\"0.02\"} 3"));
  EXPECT_TRUE(holds(text, bucket + "{le=\"0.03\"} 4"));
  EXPECT_TRUE(holds(text, bucket + "{le=\"0.5\"} 6"));
  EXPECT_TRUE(holds(text, bucket + "{le=\"1\"} 7"));
  EXPECT_TRUE(holds(text, bucket + "{le=\"3\"} 8"));
  EXPECT_TRUE(holds(text, bucket + "{le=\"+Inf\"} 8"));
  EXPECT_TRUE(holds(text, "yardmaster_commit_duration_seconds_count 8"));
}

TEST_F(RegistryTest, the_same_name_is_the_same_metric) {
  auto& first = registry_.counter("yardmaster_writes_total", "Writes.");
  first.Increment();
  EXPECT_EQ(&registry_.counter("yardmaster_writes_total", "Writes."), &first);
  EXPECT_TRUE(holds(registry_.exposition(), "yardmaster_writes_total 1"));
}

TEST_F(RegistryTest, names_against_the_conventions_are_refused) {
  EXPECT_THROW(registry_.counter("yardmaster_writes", "Writes."), Error);
  EXPECT_THROW(registry_.gauge("yardmaster_writes_total", "Writes."), Error);
  EXPECT_THROW(registry_.latency("yardmaster_commit_ms", "Commits."), Error);
  EXPECT_THROW(registry_.counter("yardmasterWrites_total", "Writes."), Error);
  EXPECT_THROW(registry_.counter("yardmaster_writes_total", ""), Error);
}

TEST_F(RegistryTest, textfile_takes_its_name_when_whole) {
  const auto path = directory_ / "loadgen.prom";
  write_textfile(path, "first 1\n");
  std::ifstream reader(path);  // opened before: keeps reading what was there
  write_textfile(path, "second 2\n");
  std::string line;
  std::getline(reader, line);
  EXPECT_EQ(line, "first 1");
  EXPECT_EQ(support::read_file(path), "second 2\n");
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(directory_.path())) {
    ++files;
  }
  EXPECT_EQ(files, 1U);
}

TEST_F(RegistryTest, textfile_that_cannot_be_written_is_one_clear_error) {
  const auto path = directory_ / "missing" / "loadgen.prom";
  try {
    write_textfile(path, "x 1\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find("No such file"), std::string::npos);
  }
  std::filesystem::create_directory(directory_ / "taken");
  EXPECT_THROW(write_textfile(directory_ / "taken", "x 1\n"), Error);
}

}  // namespace
}  // namespace yardmaster::metrics
