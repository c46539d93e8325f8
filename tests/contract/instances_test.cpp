#include "tests/contract/store_fixture.h"

namespace yardmaster {
namespace {

using InstanceContract = StoreContract;
INSTANTIATE_TEST_SUITE_P(Drivers, InstanceContract, testing::Values("sqlite", "postgres"),
                         driver_name);

TEST_P(InstanceContract, an_instance_is_kept_with_all_that_was_said_of_it) {
  InstanceRequest request;
  request.name = "ada";
  request.role = "developer";
  request.repo = "engine";
  request.worktree_path = "/tmp/engine";
  request.tmux_window = "@3";
  request.task = "Add tests";
  request.agent_command = "agent --fast";
  request.process = ProcessIdentity{42, 4242, "boot"};
  in_transaction([&] { return store_->create_instance(request, "/run/ada.sock"); });
  reopen();
  const Instance ada = store_->find_instance("ada");
  EXPECT_EQ(ada.role, "developer");
  EXPECT_EQ(ada.repo, "engine");
  EXPECT_EQ(ada.worktree_path, "/tmp/engine");
  EXPECT_EQ(ada.tmux_window, "@3");
  EXPECT_EQ(ada.task, "Add tests");
  EXPECT_EQ(ada.agent_command, "agent --fast");
  EXPECT_EQ(ada.socket_path, "/run/ada.sock");
  ASSERT_TRUE(ada.process.has_value());
  EXPECT_EQ(*ada.process, *request.process);
  EXPECT_EQ(ada.state, InstanceState::starting);
  EXPECT_EQ(ada.context, "ada");
  EXPECT_EQ(ada.generation, 1U);
}

TEST_P(InstanceContract, a_name_is_given_once_at_a_time) {
  create("ada");
  InstanceRequest request;
  request.name = "ada";
  request.role = "worker";
  EXPECT_EQ(refusal([&] { return store_->create_instance(request, ""); }),
            ErrorCode::already_exists);
}

TEST_P(InstanceContract, malformed_names_are_refused) {
  const std::vector<std::string> malformed{
      "", "Ada", "-ada", "a b", "a/b", "..", std::string(64, 'a')};
  for (const std::string& name : malformed) {
    InstanceRequest request;
    request.name = name;
    request.role = "worker";
    EXPECT_EQ(refusal([&] { return store_->create_instance(request, ""); }),
              ErrorCode::invalid_request)
        << name;
  }
}

TEST_P(InstanceContract, state_and_process_are_updated) {
  create("ada");
  in_transaction([&] {
    store_->set_instance_state("ada", InstanceState::running);
    store_->set_instance_process("ada", {7, 8, "boot"});
  });
  const Instance ada = store_->find_instance("ada");
  EXPECT_EQ(ada.state, InstanceState::running);
  EXPECT_EQ(ada.process->pid, 7);
}

TEST_P(InstanceContract, an_ended_instance_leaves_a_tombstone) {
  create("ada");
  clock_.advance(std::chrono::seconds(5));
  in_transaction([&] { return store_->end_instance("ada", "completed", "all done"); });
  reopen();
  EXPECT_TRUE(store_->list_instances().empty());
  const auto tombstones = store_->list_tombstones(10);
  ASSERT_EQ(tombstones.size(), 1U);
  EXPECT_EQ(tombstones[0].name, "ada");
  EXPECT_EQ(tombstones[0].state, InstanceState::gone);
  EXPECT_EQ(tombstones[0].end_reason, "completed");
  EXPECT_EQ(tombstones[0].summary, "all done");
  EXPECT_EQ(tombstones[0].ended_at - tombstones[0].created_at, std::chrono::seconds(5));
}

TEST_P(InstanceContract, instances_are_listed_by_name) {
  create("bob");
  create("ada");
  const auto instances = store_->list_instances();
  ASSERT_EQ(instances.size(), 2U);
  EXPECT_EQ(instances[0].name, "ada");
  EXPECT_EQ(instances[1].name, "bob");
  EXPECT_EQ(store_->counts().instances, 2U);
  EXPECT_EQ(store_->counts().contexts, 2U);
}

}  // namespace
}  // namespace yardmaster
