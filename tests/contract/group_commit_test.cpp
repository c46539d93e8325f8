#include <thread>

#include "tests/contract/group_commit_fixture.h"

namespace yardmaster {
namespace {

using std::chrono::seconds;

INSTANTIATE_TEST_SUITE_P(Drivers, GroupCommitContract, testing::ValuesIn(store_names()),
                         driver_name);

TEST_P(GroupCommitContract, operations_that_wait_share_a_commit) {
  const int before = database_->commits;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) append(seq);
  run();
  EXPECT_EQ(database_->commits - before, 1);
  EXPECT_EQ(observer_.largest_batch, 100U);
  EXPECT_TRUE(outcomes_.back().done);
}

TEST_P(GroupCommitContract, an_operation_that_fails_half_way_harms_only_itself) {
  append(1);
  Outcome& bad = submit(Durability::process, [](Store& store) {
    store.append({"ada", 2, "note", "half", {}, {}});
    throw Error(ErrorCode::internal, "on purpose");
  });
  append(2);
  run();
  EXPECT_EQ(bad.failure, ErrorCode::internal);
  EXPECT_FALSE(outcomes_.back().failure);
  Outcome& all = read();
  run();
  EXPECT_EQ(all.entries_read, 2U);
}

TEST_P(GroupCommitContract, a_refusal_does_not_roll_the_batch_back) {
  const int before = database_->commits;
  append(1);
  Outcome& gap = append(7);
  append(2);
  run();
  EXPECT_EQ(gap.failure, ErrorCode::sequence_gap);
  EXPECT_EQ(database_->commits - before, 1);
}

TEST_P(GroupCommitContract, a_commit_that_fails_once_is_repeated_one_by_one) {
  database_->before_commit = [failed = false]() mutable {
    if (!std::exchange(failed, true)) throw Error(ErrorCode::storage_failed, "on purpose");
  };
  for (std::uint64_t seq = 1; seq <= 10; ++seq) append(seq);
  run();
  for (const Outcome& outcome : outcomes_) EXPECT_FALSE(outcome.failure);
  close();
  open({});
  Outcome& all = read();
  run();
  EXPECT_EQ(all.entries_read, 10U);
}

TEST_P(GroupCommitContract, a_commit_of_unknown_outcome_is_told_and_never_repeated) {
  database_->after_commit = [lost = false]() mutable {
    if (!std::exchange(lost, true)) throw Error(ErrorCode::outcome_unknown, "on purpose");
  };
  const auto send = [](Store& store) { store.send_message("ada", "ada", "once", ""); };
  Outcome& first = submit(Durability::power, send);
  Outcome& second = submit(Durability::power, send);
  run();
  EXPECT_EQ(first.failure, ErrorCode::outcome_unknown);
  EXPECT_EQ(second.failure, ErrorCode::outcome_unknown);
  database_->diverged = true;  // as the next connection finds out
  std::size_t messages = 0;
  submit(Durability::process, [&](Store& store) {
    messages = store.list_messages({"ada", std::nullopt, 0, 100}).size();
  });
  run();
  EXPECT_EQ(messages, 2U);
}

TEST_P(GroupCommitContract, what_a_killed_daemon_left_is_made_durable_before_power_repeats_it) {
  append(1, Durability::process);
  run();
  close();
  open({});
  append(1, Durability::power);  // stored already: acknowledges what the earlier daemon wrote
  run();
  EXPECT_FALSE(outcomes_.back().failure);
  EXPECT_EQ(database_->made_durable + database_->power_commits, 1);
}

TEST_P(GroupCommitContract, a_full_disk_refuses_writes_serves_reads_and_recovers) {
  append(1);
  run();
  database_->before_execute = [] { throw Error(ErrorCode::storage_full, "no room"); };
  Outcome& refused = append(2);
  Outcome& served = read();
  run();
  EXPECT_EQ(refused.failure, ErrorCode::storage_full);
  EXPECT_FALSE(served.failure);
  EXPECT_EQ(served.entries_read, 1U);
  EXPECT_GT(observer_.errors, 0);
  database_->before_execute = [] {};
  EXPECT_FALSE(append(2).failure);
  run();
  EXPECT_FALSE(outcomes_.back().failure);
}

TEST_P(GroupCommitContract, a_transaction_that_meets_another_is_repeated_whole) {
  database_->before_commit = [failures = 3]() mutable {
    if (failures-- > 0) throw Error(ErrorCode::serialization_failure, "on purpose");
  };
  const int before = database_->commits;
  for (std::uint64_t seq = 1; seq <= 10; ++seq) append(seq);
  run();
  for (const Outcome& outcome : outcomes_) EXPECT_FALSE(outcome.failure);
  EXPECT_EQ(database_->commits - before, 1) << "not one by one";
}

TEST_P(GroupCommitContract, what_lives_in_memory_is_read_again_when_the_database_diverged) {
  append(1);
  run();
  database_->diverged = true;
  EXPECT_FALSE(append(2).failure);
  Outcome& all = read();
  run();
  EXPECT_EQ(all.entries_read, 2U);
}

TEST_P(GroupCommitContract, a_transaction_that_cannot_begin_fails_its_batch_once) {
  int attempts = 0;
  database_->before_begin = [&attempts] {
    ++attempts;
    throw Error(ErrorCode::timed_out, "locked");
  };
  for (std::uint64_t seq = 1; seq <= 5; ++seq) append(seq);
  run();
  EXPECT_EQ(outcomes_.back().failure, ErrorCode::timed_out);
  EXPECT_EQ(attempts, 1);
  database_->before_begin = [] {};
}

TEST_P(GroupCommitContract, a_storage_error_of_a_query_repeats_the_batch_one_by_one) {
  append(1);
  Outcome& bad = submit(Durability::process, [](Store&) {
    throw Error(ErrorCode::storage_failed, "the transaction is gone");
  });
  append(2);
  run();
  EXPECT_EQ(bad.failure, ErrorCode::storage_failed);
  Outcome& all = read();
  run();
  EXPECT_EQ(all.entries_read, 2U);
}

TEST_P(GroupCommitContract, a_read_sees_what_was_written_before_it_in_the_same_batch) {
  for (std::uint64_t seq = 1; seq <= 300; ++seq) append(seq);
  Outcome& all = read();
  run();
  EXPECT_EQ(all.entries_read, 300U);
}

TEST_P(GroupCommitContract, what_was_handed_over_is_done_before_a_stop) {
  for (std::uint64_t seq = 1; seq <= 50; ++seq) append(seq);
  commit_->hand_over();
  commit_->stop();
  commit_->drain();
  EXPECT_EQ(commit_->in_flight(), 0U);
  EXPECT_TRUE(outcomes_.back().done);
  close();
  open({});
  EXPECT_TRUE(store_->recovery().clean);
  EXPECT_EQ(store_->recovery().tail_entries, 0U);
}

TEST_P(GroupCommitContract, every_write_checkpoints_after_every_commit) {
  if (!database_->checkpoints_on_request()) GTEST_SKIP() << "the server checkpoints by itself";
  close();
  GroupCommitOptions options;
  options.checkpoint_policy = CheckpointPolicyKind::every_write;
  open(options);
  for (std::uint64_t seq = 1; seq <= 10; ++seq) {
    append(seq);
    run();
  }
  commit_->stop();
  EXPECT_GE(database_->checkpoints, 10);
}

TEST_P(GroupCommitContract, an_idle_store_checkpoints_what_is_left) {
  if (!database_->checkpoints_on_request()) GTEST_SKIP() << "the server checkpoints by itself";
  append(1);
  run();
  const std::int64_t before = observer_.frames;
  // No event tells of a checkpoint but the observer; it is due 50 ms after the latest one at the
  // most.
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);
  while (observer_.frames == before && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_GT(observer_.frames, before);
}

}  // namespace
}  // namespace yardmaster
