// The list of resources behind an instance: order, failure half way and death, on a real store and
// with real processes.
#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/instance_yard.h"

namespace yardmaster {
namespace {

TEST_F(InstanceManagerTest, resources_are_released_in_reverse_order) {
  EXPECT_EQ(allocate("one").state, InstanceState::running);
  release("one");
  EXPECT_EQ(journal_,
            (Journal{"acquire window", "acquire agent", "one is running", "one is stopping",
                     "release agent", "release window", "one gone: released"}));
  EXPECT_TRUE(yard_->living().empty());
}

TEST_F(InstanceManagerTest, a_failure_half_way_takes_back_what_was_acquired) {
  yard_->agent->fails_to_acquire = true;
  EXPECT_THROW(allocate("one"), Error);
  EXPECT_EQ(journal_,
            (Journal{"acquire window", "acquire agent", "release agent", "release window"}));
  EXPECT_TRUE(yard_->living().empty());
  yard_->agent->fails_to_acquire = false;
  EXPECT_EQ(allocate("one").name, "one");
}

TEST_F(InstanceManagerTest, what_a_failed_one_has_begun_is_taken_back_too) {
  yard_->window->fails_to_acquire = true;
  yard_->window->begins_others = true;
  EXPECT_THROW(allocate("one"), Error);
  EXPECT_EQ(journal_, (Journal{"acquire window", "release agent", "release window"}));
}

TEST_F(InstanceManagerTest, a_release_calls_a_start_off) {
  yard_->window->stands_still = true;
  std::string refusal;
  std::optional<Instance> released;
  yard_->begin(yard_->manager.allocate(request("one")),
               [&](std::exception_ptr failure, Instance) { refusal = text_of(failure); });
  yard_->run_until([&] { return !journal_.empty(); });
  Ending ending("released", std::chrono::steady_clock::now());
  yard_->begin(yard_->manager.release("one", std::move(ending)),
               [&](std::exception_ptr, Instance instance) { released = std::move(instance); });
  yard_->window->stands_still = false;
  yard_->run_until([&] { return released && !refusal.empty(); });
  EXPECT_EQ(refusal, "'one' was released while it was being started");
  EXPECT_EQ(released->state, InstanceState::gone);
  EXPECT_EQ(journal_, (Journal{"acquire window", "release window"}));
  EXPECT_TRUE(yard_->living().empty());
}

TEST_F(InstanceManagerTest, all_who_ask_for_a_release_hear_of_its_end) {
  allocate("one");
  int heard = 0;
  for (int i = 0; i < 2; ++i) {
    Ending ending("released", std::chrono::steady_clock::now());
    yard_->begin(yard_->manager.release("one", std::move(ending)),
                 [&](std::exception_ptr, const Instance& instance) {
                   if (instance.state == InstanceState::gone) ++heard;
                 });
  }
  yard_->run_until([&] { return heard == 2; });
  EXPECT_EQ(yard_->ended().size(), 1U);
}

TEST_F(InstanceManagerTest, a_registration_that_fails_leaves_the_process_alone) {
  support::ChildProcess process({{"sleep", "60"}});
  yard_->last->fails_to_acquire = true;
  EXPECT_THROW(allocate("one", process.pid()), Error);
  EXPECT_TRUE(process.running());
  EXPECT_TRUE(yard_->living().empty());
}

TEST_F(InstanceManagerTest, an_instance_that_lost_nothing_stays_and_can_be_asked_for_again) {
  allocate("one");
  yard_->last->fails_to_release = true;
  EXPECT_THROW(release("one"), Error);
  EXPECT_EQ(journal_.back(), "one is running");
  EXPECT_EQ(yard_->living().size(), 1U);
  yard_->last->fails_to_release = false;
  EXPECT_EQ(release("one").state, InstanceState::gone);
  EXPECT_TRUE(yard_->living().empty());
}

TEST_F(InstanceManagerTest, a_release_that_fails_half_way_goes_on_until_all_is_gone) {
  allocate("one");
  yard_->window->fails_to_release = true;
  EXPECT_THROW(release("one"), Error);
  EXPECT_THROW(release("one"), Error) << "it is under way";
  EXPECT_THROW(allocate("one"), Error);
  yard_->run_until([&] { return !yard_->warnings.empty(); });
  yard_->window->fails_to_release = false;
  yard_->run_until([&] { return yard_->gone; });
  EXPECT_EQ(journal_.back(), "one gone: released");
  EXPECT_TRUE(yard_->living().empty());
}

TEST_F(InstanceManagerTest, all_that_was_asked_for_and_found_out_is_kept) {
  InstanceRequest wanted = request("one");
  wanted.repo = "engine";
  wanted.branch = "instance/one";
  wanted.start_ref = "v1.0";
  wanted.owned = owns_worktree;
  wanted.wanted = true;
  const Instance one = yard_->wait_for(yard_->manager.allocate(wanted));
  EXPECT_EQ(one.branch, "instance/one");
  EXPECT_EQ(one.start_ref, "v1.0");
  EXPECT_EQ(yard_->living().at(0).owned, owns_worktree);
  EXPECT_EQ(yard_->wanted().at(0).start_ref, "v1.0");
  yard_->agent->finds_out = [](Instance& instance) {
    instance.exit_status = "exit 3";
    instance.last_output = "no more tokens";
  };
  yard_->window->finds_out = [](Instance& instance) { instance.rescue.emplace_back("refs/one"); };
  Ending ending("process died", std::chrono::steady_clock::now());
  ending.keeps_wanted = true;
  const Instance gone = yard_->wait_for(yard_->manager.release("one", std::move(ending)));
  for (const Instance& instance : {gone, yard_->ended().at(0)}) {
    EXPECT_EQ(instance.end_reason, "process died");
    EXPECT_EQ(instance.exit_status, "exit 3");
    EXPECT_EQ(instance.last_output, "no more tokens");
    EXPECT_EQ(instance.rescue, std::vector<std::string>{"refs/one"});
  }
  EXPECT_EQ(yard_->wanted().size(), 1U);
}

TEST_F(InstanceManagerTest, a_dry_repair_says_what_a_real_one_does) {
  allocate("one");
  const auto repair = [this](bool ask_unknown, bool dry_run) {
    return yard_->wait_for(yard_->manager.repair(ask_unknown, dry_run));
  };
  EXPECT_TRUE(repair(true, false).empty());
  yard_->window->found = Adoption::lost;
  const auto would_be = repair(false, true);
  ASSERT_EQ(would_be.size(), 1U);
  EXPECT_EQ(would_be[0].instance, "one");
  EXPECT_EQ(would_be[0].action, "release");
  EXPECT_EQ(yard_->living().size(), 1U);
  EXPECT_EQ(repair(false, false).size(), 1U);
  yard_->run_until([&] { return yard_->gone; });
  EXPECT_EQ(yard_->ended().at(0).end_reason, "window lost");
  EXPECT_TRUE(repair(true, false).empty());
}

TEST(ProcessResourceTest, a_release_ends_a_process_that_nobody_watches) {
  support::ChildProcess process({{"sleep", "600"}});
  asio::io_context io;
  asio::thread_pool workers(1);
  ProcessResource resource(
      io, workers, "/yard", std::chrono::seconds(5), [] { return std::vector<std::int64_t>(); },
      [](const std::string&, SteadyTime) { ADD_FAILURE(); });
  Instance instance;
  instance.name = "one";
  instance.process = open_process(process.pid()).identity;
  const Ending ending("released", std::chrono::steady_clock::now());
  bool released = false;
  asio::co_spawn(io, resource.release(instance, ending),
                 [&](std::exception_ptr failure) { released = !failure; });
  io.run_for(std::chrono::seconds(20));
  EXPECT_TRUE(released);
  EXPECT_EQ(process.wait(), 128 + SIGTERM);
}

TEST_F(InstanceManagerTest, the_death_of_its_process_releases_everything) {
  support::ChildProcess process({{"sleep", "600"}});
  allocate("one", process.pid());
  journal_.clear();
  process.kill();
  yard_->run_until([&] { return yard_->gone; });
  EXPECT_EQ(journal_, (Journal{"release agent", "release window", "one gone: process died"}));
}

TEST_F(InstanceManagerTest, a_release_ends_the_process) {
  support::ChildProcess process({{"sleep", "600"}});
  allocate("one", process.pid());
  release("one");
  EXPECT_EQ(process.wait(), 128 + SIGTERM);
}

TEST_F(InstanceManagerTest, a_dead_process_is_refused_and_leaves_nothing) {
  support::ChildProcess process({{"true"}});
  ASSERT_TRUE(process.wait().has_value());
  EXPECT_THROW(allocate("one", process.pid()), Error);
  EXPECT_TRUE(journal_.empty());
  EXPECT_TRUE(yard_->living().empty());
}

}  // namespace
}  // namespace yardmaster
