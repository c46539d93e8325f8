#include "reports/environment.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "coordinator/base/error.h"

namespace yardmaster::reports {
namespace {

TEST(Environment, says_where_it_runs) {
  const auto directory = std::filesystem::temp_directory_path();
  const Environment found = probe_environment(directory, "3.40.1", "");
  EXPECT_FALSE(found.cpu.empty());
  EXPECT_GT(found.cores, 0U);
  EXPECT_GT(found.memory_bytes, 1U << 20);
  EXPECT_FALSE(found.kernel.empty());
  EXPECT_NE(found.filesystem, "unknown");
  EXPECT_EQ(found.sqlite_version, "3.40.1");
  EXPECT_NE(found.compiler.find("++ "), std::string::npos);
  EXPECT_GE(found.fsync_p99_ms, found.fsync_p50_ms);
  EXPECT_GT(found.fsync_p50_ms, 0);
}

TEST(Environment, knows_the_filesystem_of_a_mount_below_another) {
  EXPECT_EQ(filesystem_of("/proc/self"), "proc");
  EXPECT_NE(filesystem_of("/"), "proc");
}

TEST(Environment, an_unwritable_directory_is_one_clear_error) {
  try {
    measure_fsync("/proc/self");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find("/proc/self"), std::string::npos);
  }
}

}  // namespace
}  // namespace yardmaster::reports
