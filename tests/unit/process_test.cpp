// Real processes: what is running, what has ended, and what only has the same number.
#include "coordinator/instances/processes/process.h"

#include <csignal>

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "tests/support/child_process.h"

namespace yardmaster {
namespace {

class ProcessTest : public testing::Test {
 protected:
  support::ChildProcess sleeper_{{{"sleep", "600"}}};
};

TEST_F(ProcessTest, one_is_named_by_pid_start_time_and_boot) {
  const ProcessHandle handle = open_process(sleeper_.pid());
  EXPECT_EQ(handle.identity.pid, sleeper_.pid());
  EXPECT_GT(handle.identity.start_ticks, 0U);
  EXPECT_EQ(handle.identity.boot_id, read_boot_id());
  EXPECT_EQ(probe_process(handle.identity).state, ProcessState::running);
}

TEST_F(ProcessTest, the_same_pid_with_another_start_or_boot_is_another_process) {
  ProcessIdentity identity = open_process(sleeper_.pid()).identity;
  ++identity.start_ticks;
  EXPECT_EQ(probe_process(identity).state, ProcessState::ended);
  --identity.start_ticks;
  identity.boot_id = "another";
  EXPECT_EQ(probe_process(identity).state, ProcessState::ended);
}

TEST_F(ProcessTest, a_zombie_has_ended_and_so_has_what_was_reaped) {
  const pid_t pid = sleeper_.pid();
  const ProcessHandle handle = open_process(pid);
  sleeper_.signal(SIGKILL);
  pollfd poll{handle.pidfd.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&poll, 1, 10'000), 1);
  EXPECT_EQ(probe_process(handle.identity).state, ProcessState::ended);
  ASSERT_TRUE(sleeper_.wait().has_value());
  EXPECT_EQ(probe_process(handle.identity).state, ProcessState::ended);
  EXPECT_THROW(open_process(pid), Error);
}

TEST_F(ProcessTest, what_cannot_be_an_instances_process_is_refused) {
  EXPECT_THROW(open_process(0), Error);
  EXPECT_THROW(open_process(1), Error);
  EXPECT_THROW(open_process(-1), Error);
  EXPECT_THROW(open_process(::getpid()), Error);
  EXPECT_THROW(open_process(std::int64_t{1} << 40), Error);
}

}  // namespace
}  // namespace yardmaster
