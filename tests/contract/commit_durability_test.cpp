// What a commit is durable for, whoever shared it, and what came before it.
#include "tests/contract/group_commit_fixture.h"

namespace yardmaster {
namespace {

class CommitDurability : public GroupCommitContract {
 protected:
  // Makes a receiver, and a context that is offered at once.
  void prepare_offer() {
    submit(Durability::process, [](Store& store) {
      InstanceRequest request;
      request.name = "bob";
      request.role = "worker";
      store.create_instance(request, "");
      store.append({"ada", 1, "note", "entry", {}, {}, true});
    });
    run();
  }
};
INSTANTIATE_TEST_SUITE_P(Drivers, CommitDurability, testing::ValuesIn(store_names()), driver_name);

TEST_P(CommitDurability, a_batch_is_as_durable_as_its_strongest_member) {
  const int before = database_->power_commits;
  append(1);
  append(2, Durability::power);
  run();
  EXPECT_EQ(database_->power_commits - before, 1);
}

TEST_P(CommitDurability, a_repeated_entry_is_as_durable_as_it_asks_for) {
  append(1, Durability::process);
  run();
  EXPECT_EQ(database_->made_durable, 0);
  append(1, Durability::power);
  run();
  EXPECT_EQ(database_->made_durable, 1);
  append(1, Durability::power);
  run();
  EXPECT_EQ(database_->made_durable, 1) << "nothing was left to make durable";
}

TEST_P(CommitDurability, making_durable_writes_each_time) {
  commit_->stop();  // the connection is this thread's from here on
  // A transaction that changes nothing syncs nothing.
  const auto mark = [this] {
    std::int64_t value = 0;
    database_->query(Statement::read_meta, {std::string_view("durable")},
                     [&](const Row& row) { value = row.integer(0); });
    return value;
  };
  for (int i = 0; i < 3; ++i) {
    const std::int64_t before = mark();
    database_->make_durable();
    EXPECT_GT(mark(), before);
  }
}

TEST_P(CommitDurability, a_power_request_that_changes_nothing_makes_durable_what_was_before) {
  append(1, Durability::process);
  run();
  const int before = database_->made_durable + database_->power_commits;
  submit(Durability::power, [](Store& store) { store.confirm_delivery("ada", {12345}); });
  run();
  EXPECT_EQ(database_->made_durable + database_->power_commits - before, 1);
}

TEST_P(CommitDurability, an_offer_made_at_once_is_as_durable_as_it_promises) {
  prepare_offer();
  const int before = database_->made_durable + database_->power_commits;
  Store::HandoffStart start;
  submit(Durability::process,
         [&](Store& store) { start = store.start_handoff("ada", "bob", "", "", ""); });
  run();
  EXPECT_TRUE(start.offered);
  EXPECT_EQ(database_->made_durable + database_->power_commits - before, 1);
  append(1, Durability::power);  // was there, and is durable by now
  run();
  EXPECT_EQ(database_->made_durable + database_->power_commits - before, 1);
}

TEST_P(CommitDurability, an_offer_that_cannot_be_made_durable_is_not_made_twice) {
  prepare_offer();
  database_->before_make_durable = [] {
    throw Error(ErrorCode::storage_failed, "the disk says no");
  };
  int executed = 0;
  Outcome& outcome = submit(Durability::process, [&](Store& store) {
    ++executed;
    store.start_handoff("ada", "bob", "", "", "");
  });
  run();
  EXPECT_EQ(outcome.failure, ErrorCode::outcome_unknown);
  EXPECT_EQ(executed, 1);
}

}  // namespace
}  // namespace yardmaster
