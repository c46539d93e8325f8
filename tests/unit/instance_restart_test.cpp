// A daemon takes over the instances that an earlier one left: these tests do so on a real store and
// with real processes.
#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/instance_yard.h"

namespace yardmaster {
namespace {

TEST_F(InstanceManagerTest, an_end_that_was_asked_for_is_carried_out_by_the_next_daemon) {
  InstanceRequest wanted = request("one");
  wanted.wanted = true;
  yard_->wait_for(yard_->manager.allocate(wanted));
  yard_->window->fails_to_release = true;
  Ending ending("completed", std::chrono::steady_clock::now());
  ending.summary = "all green";
  EXPECT_THROW(yard_->wait_for(yard_->manager.release("one", std::move(ending))), Error);
  EXPECT_EQ(yard_->living().at(0).state, InstanceState::stopping);
  start();
  EXPECT_EQ(yard_->wait_for(yard_->manager.reconcile()).ended, 1U);
  const Instance gone = yard_->ended().at(0);
  EXPECT_EQ(gone.end_reason, "completed");
  EXPECT_EQ(gone.summary, "all green");
  EXPECT_TRUE(yard_->wanted().empty()) << "it was asked to end for good";
}

TEST_F(InstanceManagerTest, what_could_not_be_told_is_asked_again_by_a_repair) {
  allocate("one");
  start();
  yard_->window->found = Adoption::unknown;
  EXPECT_EQ(yard_->wait_for(yard_->manager.reconcile()).unknown, 1U);
  EXPECT_TRUE(yard_->wait_for(yard_->manager.repair(false, false)).empty());
  yard_->window->found = Adoption::held;
  const auto repairs = yard_->wait_for(yard_->manager.repair(true, false));
  ASSERT_EQ(repairs.size(), 1U);
  EXPECT_EQ(repairs[0].action, "probe");
  EXPECT_EQ(journal_.back(), "one is running");
}

TEST_F(InstanceManagerTest, a_start_does_not_wait_for_what_cannot_be_released) {
  support::ChildProcess process({{"sleep", "600"}});
  allocate("one", process.pid());
  start();
  process.kill();
  yard_->window->fails_to_release = true;
  EXPECT_EQ(yard_->wait_for(yard_->manager.reconcile()).ended, 1U);
  EXPECT_EQ(yard_->living().size(), 1U);
  yard_->window->fails_to_release = false;
  yard_->run_until([&] { return yard_->gone; });
}

TEST_F(InstanceManagerTest, a_restart_takes_up_the_living_and_ends_the_dead) {
  support::ChildProcess lives({{"sleep", "600"}});
  support::ChildProcess dies({{"sleep", "600"}});
  allocate("lives", lives.pid());
  allocate("dies", dies.pid());
  start();
  dies.kill();
  start();
  const ReconcileReport report = yard_->wait_for(yard_->manager.reconcile());
  EXPECT_EQ(report.adopted, 1U);
  EXPECT_EQ(report.ended, 1U);
  const auto living = yard_->living();
  ASSERT_EQ(living.size(), 1U);
  EXPECT_EQ(living[0].name, "lives");
  // It is watched again.
  yard_->gone = false;
  lives.kill();
  yard_->run_until([&] { return yard_->gone; });
}

}  // namespace
}  // namespace yardmaster
