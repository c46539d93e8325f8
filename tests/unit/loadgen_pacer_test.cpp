#include <vector>

#include <gtest/gtest.h>

#include "loadgen/workloads/pacer.h"
#include "tests/support/deadline.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class PacerTest : public testing::Test {
 protected:
  std::vector<Offset> begun_;
  std::vector<Offset> lags_;
  EventLoop loop_;
  Pacer pacer_{loop_, ScatteredRate(100, 1, "test"),
               [this](Offset intended) { begun_.push_back(intended); },
               [this](Offset, std::chrono::nanoseconds lag) { lags_.push_back(lag); }};
};

TEST_F(PacerTest, begins_each_at_its_time_and_says_how_late) {
  const SteadyTime start = steady_clock::now();
  pacer_.end_at(milliseconds(50));
  pacer_.start(start);
  const support::Deadline deadline;
  while (begun_.size() < 5 && !deadline.passed()) {
    loop_.poll(steady_clock::now() + milliseconds(10));
    ASSERT_TRUE(begun_.empty() || steady_clock::now() - start >= begun_.back());
  }
  ASSERT_EQ(begun_.size(), 5U);
  ASSERT_EQ(lags_.size(), 5U);
  for (const auto lag : lags_) EXPECT_GE(lag, milliseconds(0));
}

// As after a pause that lasted past the end.
TEST_F(PacerTest, what_was_due_before_the_end_begins_late_and_nothing_that_was_due_after_it) {
  pacer_.end_at(milliseconds(500));
  pacer_.start(steady_clock::now() - std::chrono::seconds(2));
  pacer_.stop();
  ASSERT_EQ(begun_.size(), 50U);
  EXPECT_LT(begun_.back(), milliseconds(500));
  EXPECT_GE(lags_.front(), milliseconds(1500));
}

TEST_F(PacerTest, a_pause_past_the_end_does_not_make_the_loop_begin_more) {
  pacer_.end_at(milliseconds(500));
  pacer_.start(steady_clock::now() - std::chrono::seconds(2));
  const support::Deadline deadline;
  while (begun_.size() < 50 && !deadline.passed()) loop_.poll(SteadyTime{});
  loop_.poll(SteadyTime{});
  EXPECT_EQ(begun_.size(), 50U);
}

TEST_F(PacerTest, begins_nothing_before_its_start_nor_after_its_stop) {
  pacer_.stop();
  pacer_.start(steady_clock::now() - std::chrono::seconds(1));
  loop_.poll(SteadyTime{});
  EXPECT_TRUE(begun_.empty());
}

}  // namespace
}  // namespace yardmaster::loadgen
