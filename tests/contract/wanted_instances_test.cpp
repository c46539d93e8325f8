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

  WantedInstance died_twice() {
    WantedInstance wanted = store_->list_wanted().at(0);
    const WallTime now = clock_.wall_now();
    wanted.deaths = {now - std::chrono::minutes(5), now};
    wanted.next_start = now + std::chrono::seconds(2);
    in_transaction([&] { store_->note_deaths(wanted); });
    return wanted;
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
  EXPECT_TRUE(wanted[0].deaths.empty());
  EXPECT_EQ(wanted[0].next_start, WallTime{});
  EXPECT_EQ(wanted[0].given_up, "");
}

TEST_P(WantedContract, any_other_end_drops_it) {
  create_as(keeper());
  EXPECT_FALSE(end("keeper", "released").wanted);
  EXPECT_TRUE(store_->list_wanted().empty());
}

TEST_P(WantedContract, deaths_stay_counted_when_it_is_made_again) {
  create_as(keeper());
  die();
  const WantedInstance noted = died_twice();
  reopen();
  EXPECT_EQ(store_->list_wanted().at(0).next_start, noted.next_start);
  InstanceRequest again = keeper();
  again.task = "Watch closely";
  create_as(again);
  reopen();
  const auto wanted = store_->list_wanted();
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(wanted[0].deaths, noted.deaths);
  EXPECT_EQ(wanted[0].next_start, WallTime{}) << "it waits no longer";
  EXPECT_EQ(wanted[0].task, "Watch closely");
}

TEST_P(WantedContract, one_that_was_given_up_begins_anew_when_it_is_made_again) {
  create_as(keeper());
  die();
  WantedInstance noted = died_twice();
  noted.given_up = "it ended too often";
  in_transaction([&] { store_->note_deaths(noted); });
  reopen();
  ASSERT_EQ(store_->list_waiting().size(), 1U);
  EXPECT_EQ(store_->list_waiting()[0].given_up, "it ended too often");
  create_as(keeper());
  EXPECT_TRUE(store_->list_waiting().empty());
  const auto wanted = store_->list_wanted();
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_TRUE(wanted[0].deaths.empty());
  EXPECT_EQ(wanted[0].given_up, "");
}

TEST_P(WantedContract, messages_wait_for_one_that_is_to_live_again) {
  create_as(keeper());
  create("worker");
  die();
  EXPECT_GT(in_transaction([&] { return store_->send_message("worker", "keeper", "wait", "").id; }),
            0U);
  create_as(keeper());
  const auto messages = store_->list_messages({"keeper", std::nullopt, 0, 10});
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].body, "wait");
  end("keeper", "released");
  EXPECT_EQ(refusal([&] { store_->send_message("worker", "keeper", "too late", ""); }),
            ErrorCode::not_found);
}

TEST_P(WantedContract, supervisors_of_the_repository_are_told_whether_they_live_or_wait) {
  create_as(keeper());
  die();
  InstanceRequest other = keeper();
  other.name = "second";
  other.wanted = false;
  create_as(other);
  other.name = "elsewhere";
  other.repo = "boat";
  create_as(other);
  InstanceRequest worker = keeper();
  worker.name = "worker";
  worker.role = "worker";
  worker.wanted = false;
  const Instance done = create_as(worker);
  const auto told = in_transaction([&] { return store_->tell_supervisors(done, "done"); });
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].to, "keeper");
  EXPECT_EQ(told[1].to, "second");
  EXPECT_EQ(store_->list_messages({"keeper", std::nullopt, 0, 10}).at(0).id, told[0].id);
  EXPECT_TRUE(store_->list_messages({"elsewhere", std::nullopt, 0, 10}).empty());
  const Instance second = store_->find_instance("second");
  EXPECT_EQ(in_transaction([&] { return store_->tell_supervisors(second, "x"); }).size(), 1U)
      << "nobody is told of himself";
}

TEST_P(WantedContract, an_end_is_noted_once_for_a_key) {
  create("worker");
  EXPECT_FALSE(store_->is_ending_known("worker", "completed", "done", "k"));
  in_transaction([&] { store_->note_instance_ending("worker", "completed", "done", "k"); });
  end("worker", "completed");
  reopen();
  EXPECT_TRUE(store_->is_ending_known("worker", "completed", "done", "k"));
  EXPECT_EQ(refusal([&] { store_->is_ending_known("worker", "completed", "otherwise", "k"); }),
            ErrorCode::key_reused);
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
  const WantedInstance died = died_twice();
  in_transaction([&] { store_->drop_wanted("keeper"); });
  in_transaction([&] { store_->drop_wanted("keeper"); });
  EXPECT_FALSE(store_->find_instance("keeper").wanted);
  EXPECT_EQ(refusal([&] { store_->note_deaths(died); }), ErrorCode::not_found);
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
