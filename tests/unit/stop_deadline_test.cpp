#include "coordinator/daemon/stop_deadline.h"

#include <cstdio>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace yardmaster {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

void say(const std::string& what) { std::fputs(what.c_str(), stderr); }

void stop_that_hangs() {
  StopDeadline deadline(say);
  deadline.step("the first", hours(1));
  deadline.step("the second", milliseconds(1));
  while (true) ::pause();
}

TEST(StopDeadline, a_step_that_takes_too_long_is_named_and_ends_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(stop_that_hangs(), testing::ExitedWithCode(1), "waits too long for this: the second");
}

TEST(StopDeadline, steps_that_end_in_time_are_left_alone) {
  std::string said;
  {
    StopDeadline deadline([&said](const std::string& what) { said = what; });
    deadline.step("the first", hours(1));
    deadline.step("the second", hours(1));
  }
  EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace yardmaster
