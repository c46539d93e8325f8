// Nothing that an agent started outlives it, and nothing else is harmed.
#include "coordinator/instances/processes/process_tree.h"

#include <csignal>
#include <set>

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/thread_pool.hpp>

#include "coordinator/base/error.h"
#include "tests/instances/agent.h"
#include "tests/instances/coroutine_loop.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

using support::Agent;
using support::eventually;
using support::is_running;
using support::parent_of;

// Far beyond the deadline of the loop: who waits for it fails.
constexpr auto long_grace = std::chrono::minutes(10);
constexpr auto short_grace = std::chrono::milliseconds(100);

class ProcessTreeTest : public testing::Test {
 protected:
  // Everything that a test may have left behind carries its token.
  ~ProcessTreeTest() override {
    workers_.join();
    for (int round = 0; round < 100; ++round) {
      for (const ProcessHandle& left : find_process_tree({std::nullopt, token_})) {
        ::kill(static_cast<pid_t>(left.identity.pid), SIGKILL);
      }
    }
  }

  // In the script, $D is the test's directory.
  std::unique_ptr<Agent> agent(const std::string& script, bool subreaper = true) {
    return std::make_unique<Agent>(
        support::AgentOptions{.script = "export D='" + directory_.path().string() + "'; " + script,
                              .token = token_,
                              .subreaper = subreaper});
  }

  pid_t pid_of(const std::string& name) const {
    return support::pid_in((directory_ / name).string());
  }

  ProcessTreeQuery query_for(const Agent& root, const std::string& token) const {
    return {open_process(root.pid()).identity, token};
  }
  ProcessTreeQuery query_for(const Agent& root) const { return query_for(root, token_); }

  static std::set<pid_t> found(const ProcessTreeQuery& query) {
    std::set<pid_t> pids;
    for (const ProcessHandle& process : find_process_tree(query)) {
      pids.insert(static_cast<pid_t>(process.identity.pid));
    }
    return pids;
  }

  void end(const ProcessTreeQuery& query, std::chrono::nanoseconds grace = short_grace,
           bool force = false) {
    loop_.wait_for(end_process_tree(loop_.io(), workers_, query, grace, force));
  }

  support::TemporaryDirectory directory_;
  const std::string token_ = directory_.path().string() + "#7";
  support::CoroutineLoop loop_;
  boost::asio::thread_pool workers_{1};
};

TEST_F(ProcessTreeTest, the_process_its_children_and_theirs_are_found_and_ended) {
  const auto root =
      agent("sh -c 'echo $$ >$D/child; sleep 60 & echo $! >$D/grandchild; wait' & wait");
  const pid_t child = pid_of("child");
  const pid_t grandchild = pid_of("grandchild");
  const ProcessTreeQuery query = query_for(*root);
  EXPECT_EQ(found(query), (std::set<pid_t>{root->pid(), child, grandchild}));
  end(query, long_grace);
  EXPECT_FALSE(is_running(root->pid()));
  EXPECT_FALSE(is_running(child));
  EXPECT_FALSE(is_running(grandchild));
  EXPECT_TRUE(found(query).empty());
}

TEST_F(ProcessTreeTest, daemons_are_found_after_the_agent_has_died) {
  const auto root = agent(
      "setsid sh -c 'sleep 60 & echo $! >$D/daemon.tmp; mv $D/daemon.tmp $D/daemon' ; sleep 60",
      /*subreaper=*/false);
  const pid_t daemon = pid_of("daemon");
  const ProcessTreeQuery query = query_for(*root);
  root->reap();
  EXPECT_TRUE(is_running(daemon));
  EXPECT_TRUE(found(query).contains(daemon));
  end(query);
  EXPECT_FALSE(is_running(daemon));
}

TEST_F(ProcessTreeTest, a_cleared_environment_hides_nobody_who_stays_in_the_session) {
  const auto root = agent("(env -i sleep 60 & echo $! >$D/hidden); sleep 60", /*subreaper=*/false);
  const pid_t hidden = pid_of("hidden");
  const ProcessTreeQuery query = query_for(*root);
  ASSERT_TRUE(eventually([&] { return parent_of(hidden) != root->pid(); }));
  root->reap();
  EXPECT_TRUE(found(query).contains(hidden));
  end(query, short_grace, /*force=*/true);
  EXPECT_FALSE(is_running(hidden));
}

TEST_F(ProcessTreeTest, who_clears_its_environment_and_leaves_the_session_stays_a_descendant) {
  const auto root =
      agent("env -i setsid sh -c '(sleep 60 & echo $! >\"$0\")' $D/hidden & sleep 60");
  const pid_t hidden = pid_of("hidden");
  ASSERT_TRUE(eventually([&] { return parent_of(hidden) == root->pid(); }));
  const ProcessTreeQuery query = query_for(*root);
  EXPECT_TRUE(found(query).contains(hidden));
  end(query);
  EXPECT_FALSE(is_running(hidden));
}

TEST_F(ProcessTreeTest, who_ignores_sigterm_is_killed_after_the_grace) {
  const auto root = agent("trap '' TERM; echo $$ >$D/ready; while :; do sleep 0.05; done");
  const ProcessTreeQuery query = query_for(*root);
  pid_of("ready");
  const auto began = std::chrono::steady_clock::now();
  end(query, short_grace);
  EXPECT_GE(std::chrono::steady_clock::now() - began, short_grace);
  EXPECT_FALSE(is_running(root->pid()));
}

TEST_F(ProcessTreeTest, who_was_asked_may_start_what_it_needs_to_end) {
  const auto root = agent(
      "trap 'sh -c \"sleep 0.1; echo saved >$D/saved\"; exit 0' TERM; echo $$ >$D/ready; "
      "while :; do sleep 0.01; done");
  const ProcessTreeQuery query = query_for(*root);
  pid_of("ready");
  end(query, long_grace);
  EXPECT_EQ(support::read_file(directory_ / "saved"), "saved\n");
}

TEST_F(ProcessTreeTest, force_does_not_ask) {
  const auto root = agent(
      "trap 'echo asked >$D/asked; exit 0' TERM; echo $$ >$D/ready; while :; do sleep 0.01; done");
  const ProcessTreeQuery query = query_for(*root);
  pid_of("ready");
  end(query, long_grace, /*force=*/true);
  EXPECT_FALSE(is_running(root->pid()));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "asked"));
}

TEST_F(ProcessTreeTest, a_stopped_process_hears_that_it_shall_end) {
  const auto root = agent(
      "trap 'echo heard >$D/heard; exit 0' TERM; echo $$ >$D/ready; while :; do sleep 0.01; done");
  const ProcessTreeQuery query = query_for(*root);
  pid_of("ready");
  ::kill(root->pid(), SIGSTOP);
  end(query, long_grace);
  EXPECT_FALSE(is_running(root->pid()));
  EXPECT_EQ(support::read_file(directory_ / "heard"), "heard\n");
}

// Each lives for a hundredth of a second and leaves another one behind, half of them in sessions of
// their own.
TEST_F(ProcessTreeTest, who_keeps_forking_is_ended) {
  support::write_file(directory_ / "hop.sh", "sleep 0.01; echo $$ >$D/hops; sh $D/hop.sh &\n");
  const auto root = agent(
      "trap '' TERM; for i in 1 2 3 4 5 6 7 8; do setsid sh $D/hop.sh & sh $D/hop.sh & done; "
      "sleep 60");
  const pid_t first = pid_of("hops");
  ASSERT_TRUE(eventually([&] { return pid_of("hops") != first; }));
  const ProcessTreeQuery query = query_for(*root);
  end(query, short_grace);
  EXPECT_TRUE(found(query).empty());
}

TEST_F(ProcessTreeTest, hundreds_are_ended) {
  const auto root = agent(
      "trap '' TERM; i=0; while [ $i -lt 300 ]; do sleep 60 & i=$((i+1)); done; echo $$ >$D/ready; "
      "wait");
  pid_of("ready");
  const ProcessTreeQuery query = query_for(*root);
  EXPECT_EQ(found(query).size(), 301U);
  end(query, short_grace);
  EXPECT_TRUE(found(query).empty());
}

TEST_F(ProcessTreeTest, an_unrelated_process_of_the_same_name_survives) {
  support::ChildProcess bystander{{{"sleep", "60"}}};
  const Agent other({.script = "sleep 60; :", .token = token_ + "0"});
  const auto root = agent("sleep 60; :");
  end(query_for(*root));
  EXPECT_FALSE(is_running(root->pid()));
  EXPECT_TRUE(is_running(bystander.pid()));
  EXPECT_TRUE(is_running(other.pid()));
}

TEST_F(ProcessTreeTest, zombies_count_as_ended) {
  const auto root = agent("exec sleep 60");
  const ProcessTreeQuery query = query_for(*root);
  root->kill_leader();
  EXPECT_TRUE(eventually([&] { return found(query).empty(); }));
  end(query);
}

TEST_F(ProcessTreeTest, another_process_of_the_same_pid_and_its_session_are_spared) {
  const auto root = agent("sleep 60 & echo $! >$D/child; wait");
  const pid_t child = pid_of("child");
  ProcessTreeQuery query = query_for(*root, "");
  EXPECT_EQ(found(query), (std::set<pid_t>{root->pid(), child}));
  ++query.root->start_ticks;
  EXPECT_TRUE(found(query).empty());
  query.root->start_ticks -= 1;
  query.root->boot_id = "another";
  EXPECT_TRUE(found(query).empty());
  query.token = token_;
  EXPECT_EQ(found(query), (std::set<pid_t>{root->pid(), child}));
  query.root.reset();
  EXPECT_EQ(found(query), (std::set<pid_t>{root->pid(), child}));
}

TEST_F(ProcessTreeTest, a_token_is_compared_whole) {
  const auto root = agent("sleep 60; :");
  EXPECT_FALSE(found({std::nullopt, token_}).empty());
  EXPECT_TRUE(found({std::nullopt, token_ + "1"}).empty());
  EXPECT_TRUE(found({std::nullopt, token_.substr(0, token_.size() - 1)}).empty());
  EXPECT_TRUE(found({std::nullopt, ""}).empty());
}

TEST_F(ProcessTreeTest, what_is_spared_and_what_descends_from_it_stays) {
  const auto root = agent(
      "env -i setsid sh -c 'sleep 60 & echo $! >\"$0\"; wait' $D/under & echo $! >$D/spared; wait");
  const pid_t under = pid_of("under");
  const pid_t spared = parent_of(under);
  ProcessTreeQuery query = query_for(*root);
  EXPECT_EQ(found(query), (std::set<pid_t>{root->pid(), spared, under}));
  query.spared = {spared};
  EXPECT_EQ(found(query), std::set<pid_t>{root->pid()});
  end(query);
  EXPECT_TRUE(is_running(under));
  ::kill(spared, SIGKILL);
  ::kill(under, SIGKILL);
}

TEST_F(ProcessTreeTest, this_process_is_never_found) {
  ProcessTreeQuery query;
  query.root = open_process(::getppid()).identity;
  EXPECT_FALSE(found(query).contains(::getpid()));
}

TEST_F(ProcessTreeTest, nothing_to_end_ends_at_once) {
  end({std::nullopt, ""}, long_grace);
  end({std::nullopt, token_}, long_grace);
  ProcessIdentity gone = open_process(::getppid()).identity;
  gone.pid = 0x7ffffff;
  end({gone, token_}, long_grace);
}

}  // namespace
}  // namespace yardmaster
