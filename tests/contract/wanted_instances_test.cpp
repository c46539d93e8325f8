#include "tests/contract/store_fixture.h"

namespace yardmaster {
namespace {

class WantedContract : public StoreContract {
 protected:
  static InstanceRequest keeper() {
    InstanceRequest request;
    request.name = "keeper";
    request.role = "supervisor";
    request.repo = "engine";
    request.task = "Watch";
    request.agent_command = "agent --calm";
    request.start_ref = "v1.0";
    request.wanted = true;
    return request;
  }

  Instance create_as(const InstanceRequest& request) {
    return in_transaction([&] { return store_->create_instance(request, ""); });
  }

  void die() {
    EndRecord record;
    record.reason = "process died";
    record.keeps_wanted = true;
    in_transaction([&] { return store_->end_instance("keeper", record); });
  }
};
INSTANTIATE_TEST_SUITE_P(Drivers, WantedContract, testing::ValuesIn(store_names()), driver_name);

TEST_P(WantedContract, a_persistent_instance_is_wanted_beyond_its_death) {
  EXPECT_TRUE(create_as(keeper()).wanted);
  create("worker");
  EXPECT_TRUE(store_->find_instance("keeper").wanted);
  EXPECT_FALSE(store_->find_instance("worker").wanted);
  die();
  reopen();
  const auto wanted = store_->list_wanted();
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(wanted[0].name, "keeper");
  EXPECT_EQ(wanted[0].role, "supervisor");
  EXPECT_EQ(wanted[0].repo, "engine");
  EXPECT_EQ(wanted[0].task, "Watch");
  EXPECT_EQ(wanted[0].agent_command, "agent --calm");
  EXPECT_EQ(wanted[0].start_ref, "v1.0");
  EXPECT_EQ(wanted[0].restarts, 0U);
  EXPECT_EQ(wanted[0].last_death, WallTime{});
}

TEST_P(WantedContract, any_other_end_drops_it) {
  create_as(keeper());
  EXPECT_FALSE(end("keeper", "released").wanted);
  EXPECT_TRUE(store_->list_wanted().empty());
}

TEST_P(WantedContract, restarts_stay_counted_when_it_is_made_again) {
  create_as(keeper());
  die();
  clock_.advance(std::chrono::seconds(7));
  const WallTime death = clock_.wall_now();
  in_transaction([&] { store_->note_restart("keeper", 3, death); });
  InstanceRequest again = keeper();
  again.task = "Watch closely";
  create_as(again);
  reopen();
  const auto wanted = store_->list_wanted();
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(wanted[0].restarts, 3U);
  EXPECT_EQ(wanted[0].last_death, death);
  EXPECT_EQ(wanted[0].task, "Watch closely");
}

TEST_P(WantedContract, the_latest_request_for_a_name_decides) {
  create_as(keeper());
  die();
  create("keeper");
  EXPECT_FALSE(store_->find_instance("keeper").wanted);
  EXPECT_TRUE(store_->list_wanted().empty());
}

TEST_P(WantedContract, what_is_dropped_is_not_counted_any_more) {
  create_as(keeper());
  in_transaction([&] { store_->drop_wanted("keeper"); });
  in_transaction([&] { store_->drop_wanted("keeper"); });
  EXPECT_FALSE(store_->find_instance("keeper").wanted);
  EXPECT_EQ(refusal([&] { store_->note_restart("keeper", 1, clock_.wall_now()); }),
            ErrorCode::not_found);
}

TEST_P(WantedContract, a_creation_that_is_rolled_back_wants_nothing) {
  EXPECT_THROW(in_transaction([&] {
                 store_->create_instance(keeper(), "");
                 throw Error(ErrorCode::internal, "on purpose");
               }),
               Error);
  EXPECT_TRUE(store_->list_wanted().empty());
}

}  // namespace
}  // namespace yardmaster
