#include "coordinator/store/checkpoint_policy.h"

#include <gtest/gtest.h>

namespace yardmaster {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

class AdaptivePolicy : public testing::Test {
 protected:
  void checkpoint(std::int64_t frames, nanoseconds cost, bool complete = true,
                  nanoseconds since_last = std::chrono::seconds(10)) {
    clock_.advance(since_last);
    policy_.on_checkpoint(clock_.now(), cost / 2, frames, complete);
    policy_.on_commit(cost / 2);
  }
  bool due(std::int64_t frames) const { return policy_.is_due(clock_.now(), frames); }

  ManualClock clock_;
  CheckpointPolicy policy_{CheckpointPolicyKind::adaptive};
};

TEST_F(AdaptivePolicy, an_empty_log_is_never_due) {
  EXPECT_FALSE(due(0));
  EXPECT_FALSE(policy_.due_at(0));
}

TEST_F(AdaptivePolicy, is_due_at_its_frame_limit) {
  checkpoint(10, milliseconds(3));
  EXPECT_FALSE(due(999));
  EXPECT_TRUE(due(1000));
}

TEST_F(AdaptivePolicy, is_due_a_hundred_times_its_cost_later) {
  checkpoint(10, milliseconds(3));
  clock_.advance(milliseconds(299));
  EXPECT_FALSE(due(1));
  clock_.advance(milliseconds(1));
  EXPECT_TRUE(due(1));
  EXPECT_LE(policy_.due_at(1), clock_.now());
}

TEST_F(AdaptivePolicy, pauses_at_least_50_milliseconds) {
  checkpoint(10, microseconds(10));
  clock_.advance(milliseconds(49));
  EXPECT_FALSE(due(1));
  clock_.advance(milliseconds(1));
  EXPECT_TRUE(due(1));
}

TEST_F(AdaptivePolicy, halves_its_limit_when_a_checkpoint_is_dear) {
  checkpoint(1000, milliseconds(6));
  EXPECT_EQ(policy_.frame_limit(), 500);
  checkpoint(500, milliseconds(6));
  checkpoint(250, milliseconds(6));
  EXPECT_EQ(policy_.frame_limit(), 250);
}

TEST_F(AdaptivePolicy, grows_its_limit_by_a_quarter_when_a_checkpoint_is_cheap) {
  checkpoint(1000, milliseconds(2));
  EXPECT_EQ(policy_.frame_limit(), 1250);
  for (int i = 0; i < 20; ++i) checkpoint(4000, milliseconds(2));
  EXPECT_EQ(policy_.frame_limit(), 4000);
}

TEST_F(AdaptivePolicy, grows_its_limit_when_checkpoints_take_a_tenth_of_the_time) {
  checkpoint(10, milliseconds(1));
  checkpoint(1000, milliseconds(20), true, milliseconds(199));
  EXPECT_EQ(policy_.frame_limit(), 1250);
  checkpoint(1250, milliseconds(20), true, milliseconds(200));
  EXPECT_EQ(policy_.frame_limit(), 625);
}

TEST_F(AdaptivePolicy, a_small_checkpoint_says_nothing_about_a_full_one) {
  checkpoint(10, milliseconds(1));
  EXPECT_EQ(policy_.frame_limit(), 1000);
}

TEST_F(AdaptivePolicy, is_rare_on_a_disk_whose_syncs_are_slow) {
  for (int i = 0; i < 3; ++i) checkpoint(100, milliseconds(20));
  EXPECT_TRUE(policy_.disk_is_slow());
  EXPECT_FALSE(due(999));
  clock_.advance(milliseconds(20 * 400 - 1));
  EXPECT_FALSE(due(1));
  clock_.advance(milliseconds(1));
  EXPECT_TRUE(due(1));
}

TEST_F(AdaptivePolicy, one_slow_moment_is_not_a_slow_disk) {
  checkpoint(100, milliseconds(20));
  checkpoint(100, milliseconds(1));
  checkpoint(100, milliseconds(20));
  EXPECT_FALSE(policy_.disk_is_slow());
}

TEST_F(AdaptivePolicy, what_a_reader_held_back_is_not_tried_again_at_once) {
  checkpoint(1000, milliseconds(3), false);
  EXPECT_FALSE(due(5000));
  clock_.advance(milliseconds(300));
  EXPECT_TRUE(due(5000));
}

TEST(CheckpointPolicy, every_write_is_always_due) {
  const CheckpointPolicy policy(CheckpointPolicyKind::every_write);
  EXPECT_TRUE(policy.is_due(SteadyTime{}, 1));
  EXPECT_FALSE(policy.is_due(SteadyTime{}, 0));
}

TEST(CheckpointPolicy, automatic_is_due_at_a_thousand_frames) {
  const CheckpointPolicy policy(CheckpointPolicyKind::automatic);
  EXPECT_FALSE(policy.is_due(SteadyTime{}, 999));
  EXPECT_TRUE(policy.is_due(SteadyTime{}, 1000));
}

TEST(CheckpointPolicy, names_are_read_back) {
  for (const std::string_view name : {"adaptive", "every-write", "auto"}) {
    EXPECT_EQ(to_string(*checkpoint_policy_from(name)), name);
  }
  EXPECT_FALSE(checkpoint_policy_from("sometimes"));
}

}  // namespace
}  // namespace yardmaster
