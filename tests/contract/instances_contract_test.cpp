#include "coordinator/domain/names.h"
#include "tests/contract/store_fixture.h"

namespace yardmaster {
namespace {

using InstanceContract = StoreContract;
INSTANTIATE_TEST_SUITE_P(Drivers, InstanceContract, testing::ValuesIn(store_names()), driver_name);

TEST_P(InstanceContract, an_instance_is_kept_with_all_that_was_said_of_it) {
  InstanceRequest request;
  request.name = "ada";
  request.role = "developer";
  request.repo = "engine";
  request.repo_path = "/home/me/engine";
  request.worktree_path = "/tmp/engine";
  request.branch = "instance/ada";
  request.base_branch = "main";
  request.base_commit = "c0ffee";
  request.session_id = "5e55";
  request.tmux_session = "yard-engine";
  request.tmux_window = "ada";
  request.log_path = "/state/logs/ada.log";
  request.task = "Add tests";
  request.agent_command = "agent --fast";
  request.process = ProcessIdentity{42, 4242, "boot"};
  request.owned = owns_worktree | owns_processes;
  request.start_ref = "v1.0";
  const Instance created =
      in_transaction([&] { return store_->create_instance(request, "/run/ada.sock"); });
  EXPECT_EQ(created.start_ref, "v1.0") << "it is asked for while the instance is made";
  reopen();
  const Instance found = store_->find_instance("ada");
  for (const Instance& ada : {created, found}) {
    EXPECT_EQ(ada.id, found.id);
    EXPECT_EQ(ada.role, "developer");
    EXPECT_EQ(ada.repo, "engine");
    EXPECT_EQ(ada.repo_path, "/home/me/engine");
    EXPECT_EQ(ada.worktree_path, "/tmp/engine");
    EXPECT_EQ(ada.branch, "instance/ada");
    EXPECT_EQ(ada.base_branch, "main");
    EXPECT_EQ(ada.base_commit, "c0ffee");
    EXPECT_EQ(ada.session_id, "5e55");
    EXPECT_EQ(ada.tmux_session, "yard-engine");
    EXPECT_EQ(ada.tmux_window, "ada");
    EXPECT_EQ(ada.log_path, "/state/logs/ada.log");
    EXPECT_EQ(ada.task, "Add tests");
    EXPECT_EQ(ada.agent_command, "agent --fast");
    EXPECT_EQ(ada.socket_path, "/run/ada.sock");
    EXPECT_EQ(ada.process, request.process);
    EXPECT_EQ(ada.owned, request.owned);
    EXPECT_EQ(ada.state, InstanceState::starting);
    EXPECT_EQ(ada.context, "ada");
    EXPECT_EQ(ada.generation, 1U);
    EXPECT_EQ(ada.created_at, clock_.wall_now());
  }
}

TEST_P(InstanceContract, a_path_may_hold_any_byte_but_zero) {
  InstanceRequest request;
  request.name = "ada";
  request.role = "worker";
  request.repo_path = "/caf\xe9/\\new\nline";
  request.worktree_path = "/caf\xe9/\\x41";
  request.log_path = "/caf\xe9/log";
  in_transaction([&] { return store_->create_instance(request, "/caf\xe9/ada.sock"); });
  const Instance ada = store_->find_instance("ada");
  EXPECT_EQ(ada.repo_path, request.repo_path);
  EXPECT_EQ(ada.worktree_path, request.worktree_path);
  EXPECT_EQ(ada.log_path, request.log_path);
  EXPECT_EQ(ada.socket_path, "/caf\xe9/ada.sock");
  EXPECT_EQ(end("ada", "released").worktree_path, request.worktree_path);
  EXPECT_EQ(store_->list_tombstones(1).at(0).worktree_path, request.worktree_path);
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

TEST_P(InstanceContract, state_and_commit_are_updated) {
  create("ada");
  in_transaction([&] {
    store_->set_instance_state("ada", InstanceState::running);
    store_->set_instance_commit("ada", "c0ffee");
  });
  const Instance ada = store_->find_instance("ada");
  EXPECT_EQ(ada.state, InstanceState::running);
  EXPECT_EQ(ada.base_commit, "c0ffee");
}

TEST_P(InstanceContract, a_window_is_noted_together_with_its_process) {
  create("ada");
  create("bob");
  const ProcessIdentity process{7, 8, "boot"};
  in_transaction([&] { store_->set_instance_window("ada", "%3", process); });
  reopen();
  EXPECT_EQ(store_->find_instance("ada").tmux_pane, "%3");
  EXPECT_EQ(store_->find_instance("ada").process, process);
  EXPECT_EQ(store_->find_instance("bob").tmux_pane, "");
  EXPECT_FALSE(store_->find_instance("bob").process.has_value());
  EXPECT_EQ(refusal([&] { store_->set_instance_window("nobody", "%4", process); }),
            ErrorCode::not_found);
}

TEST_P(InstanceContract, an_ended_instance_leaves_a_tombstone) {
  create("ada");
  clock_.advance(std::chrono::seconds(5));
  EndRecord record;
  record.reason = "completed";
  record.summary = "all done";
  in_transaction([&] { return store_->end_instance("ada", record); });
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

TEST_P(InstanceContract, a_tombstone_says_how_it_ended_and_where_its_work_is) {
  InstanceRequest request;
  request.name = "ada";
  request.role = "worker";
  request.repo = "engine";
  request.repo_path = "/home/me/engine";
  request.branch = "instance/ada";
  request.base_branch = "main";
  request.log_path = "/state/logs/ada.log";
  in_transaction([&] { return store_->create_instance(request, ""); });
  EndRecord record;
  record.reason = "process died";
  record.exit_status = "signal 9";
  for (int byte = 0; byte < 256; ++byte) record.last_output.push_back(static_cast<char>(byte));
  record.rescue = {"refs/yardmaster/rescue/ada/20261121T091500Z", "/state/rescue/ada-1"};
  const Instance ended = in_transaction([&] { return store_->end_instance("ada", record); });
  reopen();
  for (const Instance& ada : {ended, store_->list_tombstones(1).at(0)}) {
    EXPECT_EQ(ada.id, ended.id);
    EXPECT_EQ(ada.state, InstanceState::gone);
    EXPECT_EQ(ada.end_reason, record.reason);
    EXPECT_EQ(ada.exit_status, record.exit_status);
    EXPECT_EQ(ada.last_output, record.last_output);
    EXPECT_EQ(ada.rescue, record.rescue);
    EXPECT_EQ(ada.repo_path, request.repo_path);
    EXPECT_EQ(ada.branch, request.branch);
    EXPECT_EQ(ada.base_branch, request.base_branch);
    EXPECT_EQ(ada.log_path, request.log_path);
  }
}

TEST_P(InstanceContract, an_end_of_which_nothing_is_known_is_recorded_all_the_same) {
  create("ada");
  in_transaction([&] { return store_->end_instance("ada", {}); });
  const Instance ada = store_->list_tombstones(1).at(0);
  EXPECT_EQ(ada.exit_status, "");
  EXPECT_EQ(ada.last_output, "");
  EXPECT_TRUE(ada.rescue.empty());
}

TEST_P(InstanceContract, a_made_up_name_is_the_first_that_was_never_used) {
  const auto unused = [this](const std::string& prefix) {
    return in_transaction([&] { return store_->unused_instance_name(prefix); });
  };
  EXPECT_EQ(unused("worker"), "worker-1");
  const std::vector<std::string> taken{"worker",    "worker-1",    "worker-2",
                                       "worker-4",  "worker-03",   "worker-3-1",
                                       "worker-3x", "co-worker-3", "workers-3"};
  for (const std::string& name : taken) create(name);
  EXPECT_EQ(unused("worker"), "worker-3");
  create("worker-3");
  EXPECT_EQ(unused("worker"), "worker-5");
  end("worker-3", "released");
  EXPECT_EQ(unused("worker"), "worker-5") << "its context is still there";
  EXPECT_THROW(in_transaction([&] {
                 InstanceRequest request;
                 request.name = "worker-5";
                 request.role = "worker";
                 store_->create_instance(request, "");
                 EXPECT_EQ(store_->unused_instance_name("worker"), "worker-6");
                 throw Error(ErrorCode::internal, "on purpose");
               }),
               Error);
  EXPECT_EQ(unused("worker"), "worker-5") << "the other was rolled back";
  const std::string longest = unused(std::string(max_name_length, 'a'));
  EXPECT_TRUE(is_valid_name(longest)) << longest;
  create(longest);
  EXPECT_NE(unused(std::string(max_name_length, 'a')), longest);
  EXPECT_EQ(refusal([&] { return store_->unused_instance_name("%"); }), ErrorCode::invalid_request);
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
