// Waiting for the end of processes: what becomes of one is never taken for the end of another.
#include "coordinator/instances/processes/async_wait.h"

#include <gtest/gtest.h>

#include "coordinator/instances/processes/process.h"
#include "tests/instances/coroutine_loop.h"
#include "tests/support/child_process.h"

namespace yardmaster {
namespace {

using namespace std::chrono_literals;

class AsyncWaitTest : public testing::Test {
 protected:
  bool ends_within(const ProcessHandle& process, std::chrono::milliseconds timeout) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
    return loop_.wait_for(wait_readable(loop_.io(), process.pidfd.get(), deadline));
  }

  support::CoroutineLoop loop_;
};

TEST_F(AsyncWaitTest, the_end_of_a_process_is_told) {
  support::ChildProcess child({{"sleep", "60"}});
  const ProcessHandle process = open_process(child.pid());
  EXPECT_FALSE(ends_within(process, 1ms));
  child.signal(SIGKILL);
  EXPECT_TRUE(ends_within(process, 20s));
}

TEST_F(AsyncWaitTest, the_end_of_one_is_not_that_of_another_that_is_waited_for_later) {
  support::ChildProcess first({{"sleep", "60"}});
  support::ChildProcess second({{"sleep", "60"}});
  const ProcessHandle one = open_process(first.pid());
  const ProcessHandle other = open_process(second.pid());
  ASSERT_FALSE(ends_within(one, 1ms));
  first.signal(SIGKILL);
  EXPECT_FALSE(ends_within(other, 200ms));
  EXPECT_TRUE(second.running());
}

}  // namespace
}  // namespace yardmaster
