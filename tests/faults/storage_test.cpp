// Storage that misbehaves in ways that no file system at hand does: see preload/faults.cpp.
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

TEST(Storage, a_file_system_without_shared_memory_is_refused_with_one_line) {
  TemporaryDirectory place;
  const auto start = run_yardmaster(
      {"start", "--foreground", "--state-dir", (place / "state").string(), "--runtime-dir",
       (place / "run").string()},
      daemon_environment({{"LD_PRELOAD", FAULTS_LIBRARY}, {"FAULT_NO_SHARED_MEMORY", "1"}}));
  EXPECT_EQ(start.status, 1);
  EXPECT_EQ(std::count(start.errors.begin(), start.errors.end(), '\n'), 1) << start.errors;
  EXPECT_NE(start.errors.find("shared memory"), std::string::npos) << start.errors;
}

}  // namespace
}  // namespace yardmaster::support
