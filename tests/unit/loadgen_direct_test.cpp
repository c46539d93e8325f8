#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/wal_reset_bug.h"
#include "loadgen/direct/instance_memory.h"
#include "loadgen/direct/instance_schedule.h"
#include "loadgen/direct/lock_pause.h"
#include "loadgen/direct/row_audit.h"
#include "tests/unit/scenario_text.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(WalResetBug, is_in_the_versions_before_the_fixes_and_in_no_others) {
  for (const int version : {3'007'000, 3'008'011, 3'040'001, 3'044'000, 3'044'005, 3'045'000,
                            3'050'000, 3'050'006, 3'051'000, 3'051'002}) {
    EXPECT_TRUE(has_wal_reset_bug(version)) << version;
  }
  for (const int version :
       {3'006'023, 3'044'006, 3'044'007, 3'050'007, 3'051'003, 3'052'000, 4'000'000}) {
    EXPECT_FALSE(has_wal_reset_bug(version)) << version;
  }
  EXPECT_THAT(wal_reset_warning("3.40.1"), HasSubstr("SQLite 3.40.1"));
  EXPECT_THAT(wal_reset_warning("3.40.1"), HasSubstr("lose acknowledged commits"));
}

TEST(DirectPlan, has_writes_and_checkpoints_and_nothing_else) {
  const auto plan = plan_of_scenario(R"({"topology": "direct"})");
  EXPECT_EQ(plan.topology, Topology::direct);
  EXPECT_EQ(plan.transaction, Transaction::immediate);
  EXPECT_EQ(plan.checkpoint_policy, "auto");
  EXPECT_EQ(plan.arrivals, Arrivals::poisson);
  EXPECT_EQ(plan_of_scenario(R"({"topology": "direct", "arrivals": "staggered"})").arrivals,
            Arrivals::staggered);
  EXPECT_EQ(plan.handoffs.per_second, 0);
  EXPECT_EQ(plan.broadcasts.per_second, 0);
  EXPECT_EQ(plan.churn.per_second, 0);
  EXPECT_EQ(plan.websocket.per_second, 0);
}

// They are part of the commits that take them, and too few to judge alone.
TEST(DirectPlan, judges_checkpoints_only_where_they_are_taken_apart) {
  const auto judges_checkpoints = [](const LoadPlan& plan) {
    return std::any_of(plan.targets.begin(), plan.targets.end(),
                       [](const auto& target) { return target.measurement == "checkpoint"; });
  };
  EXPECT_FALSE(judges_checkpoints(plan_of_scenario(R"({"topology": "direct"})")));
  EXPECT_TRUE(judges_checkpoints(
      plan_of_scenario(R"({"topology": "direct", "checkpoint_policy": "every-write"})")));
  EXPECT_TRUE(judges_checkpoints(
      plan_of_scenario(R"({"topology": "direct", "targets": ["checkpoint_p99=30ms"]})")));
}

TEST(DirectPlan, the_seed_protocol_is_the_test_of_the_design) {
  const auto scenario = find_scenario("seed-protocol", Overrides::object());
  ASSERT_EQ(scenario.runs.size(), 2U);
  const auto& plan = scenario.runs.front();
  EXPECT_EQ(plan.instances, 10U);
  EXPECT_EQ(plan.interval, milliseconds(250));
  EXPECT_EQ(plan.duration, std::chrono::seconds(25));
  EXPECT_EQ(plan.checkpoint_policy, "every-write");
  EXPECT_EQ(plan.topology, Topology::direct);
}

TEST(DirectPlan, what_contradicts_the_topology_is_refused) {
  EXPECT_THAT(scenario_error(R"({"transaction": "deferred"})"),
              StartsWith("transaction: only with"));
  EXPECT_THAT(scenario_error(R"({"busy_timeout": "1s"})"), StartsWith("busy_timeout: only with"));
  EXPECT_THAT(scenario_error(R"({"topology": "direct", "closed_loop": true})"),
              StartsWith("closed_loop: not with"));
  EXPECT_THAT(scenario_error(R"({"topology": "direct", "checkpoint_policy": "adaptive"})"),
              StartsWith("checkpoint_policy: adaptive"));
  EXPECT_THAT(scenario_error(R"({"topology": "direct", "instances": 1001})"),
              StartsWith("instances: the topology direct starts a process for each"));
  EXPECT_THAT(scenario_error(R"({"topology": "sideways"})"), StartsWith("topology: "));
  EXPECT_THAT(scenario_error(R"({"topology": "direct", "transaction": "eager"})"),
              StartsWith("transaction: "));
  EXPECT_THAT(scenario_error("{}", {{"topology", "direct"}, {"workloads", {{"churn", true}}}}),
              StartsWith("--workloads: the topology direct has writes alone"));
  EXPECT_EQ(scenario_error("{}", {{"topology", "direct"},
                                  {"workloads", {{"writes", true}, {"churn", false}}}}),
            "none");
}

TEST(InstanceSchedules, together_are_the_schedule_of_regular_arrivals) {
  for (const auto arrivals : {Arrivals::staggered, Arrivals::aligned}) {
    const ArrivalPlan plan{
        .arrivals = arrivals, .interval = milliseconds(250), .instances = 7, .seed = 3};
    Schedule whole(arrivals, plan.interval, plan.instances, plan.seed);
    MergedSchedule merged(plan);
    for (int i = 0; i < 100; ++i, whole.pop(), merged.pop()) {
      ASSERT_EQ(merged.next().offset, whole.next().offset);
      ASSERT_EQ(merged.next().instance, whole.next().instance);
    }
  }
}

TEST(InstanceSchedules, each_sees_its_own_moments_of_the_merged_one) {
  const ArrivalPlan plan{
      .arrivals = Arrivals::poisson, .interval = milliseconds(250), .instances = 5, .seed = 3};
  std::vector<InstanceSchedule> own;
  for (std::uint32_t i = 0; i < plan.instances; ++i) own.emplace_back(plan, i);
  EXPECT_NE(own[0].next(), own[1].next());
  MergedSchedule merged(plan);
  std::chrono::nanoseconds before{};
  for (int i = 0; i < 1000; ++i, merged.pop()) {
    const Due due = merged.next();
    ASSERT_GE(due.offset, before);
    ASSERT_EQ(due.offset, own[due.instance].next());
    own[due.instance].pop();
    before = due.offset;
  }
}

TEST(SampleRing, gives_back_what_was_put_in_and_refuses_when_it_is_full) {
  const InstanceMemory memory(2);
  SampleRing& ring = memory.instance(1).ring;
  EXPECT_FALSE(ring.pop());
  for (int round = 0; round < 3; ++round) {
    std::int64_t pushed = 0;
    InstanceSample sample;
    while (ring.push(sample)) sample.at = ++pushed;
    EXPECT_EQ(pushed, static_cast<std::int64_t>(SampleRing::capacity));
    for (std::int64_t i = 0; i < pushed; ++i) ASSERT_EQ(ring.pop()->at, i);
    EXPECT_FALSE(ring.pop());
  }
  EXPECT_FALSE(memory.instance(0).ring.pop());
}

TEST(InstanceMemory, a_second_mapping_sees_the_same) {
  const InstanceMemory memory(3);
  memory.run().database.set("a.db");
  const auto other = InstanceMemory::inherited(::dup(memory.descriptor()));
  EXPECT_EQ(other.instances(), 3U);
  EXPECT_EQ(other.run().database.get(), "a.db");
  other.instance(2).acknowledged = 7;
  EXPECT_EQ(memory.instance(2).acknowledged, 7U);
}

TEST(LockPause, is_that_of_the_databases_own_handler) {
  EXPECT_EQ(lock_pause(0), milliseconds(1));
  EXPECT_EQ(lock_pause(2), milliseconds(5));
  EXPECT_EQ(lock_pause(11), milliseconds(100));
  EXPECT_EQ(lock_pause(1000), milliseconds(100));
}

class RowAuditTest : public testing::Test {
 protected:
  void add(std::uint64_t instance, std::uint64_t seq) {
    audit_.add("instance_" + std::to_string(instance), payload_.make(instance, seq));
  }

  Payload payload_{1, 64};
  RowAudit audit_{payload_, {3, 2}};
};

TEST_F(RowAuditTest, what_is_there_once_and_in_order_is_clean) {
  for (const std::uint64_t seq : {1U, 2U, 3U}) add(0, seq);
  for (const std::uint64_t seq : {1U, 2U}) add(1, seq);
  add(1, 3);  // written, and not acknowledged any more
  const auto result = audit_.result();
  EXPECT_TRUE(result.clean());
  EXPECT_EQ(result.acknowledged, 5U);
  EXPECT_EQ(result.stored, 5U);
}

TEST_F(RowAuditTest, lost_and_changed_and_doubled_and_swapped_rows_are_found) {
  add(0, 1);
  add(0, 1);
  add(1, 2);
  add(1, 1);
  audit_.add("instance_0", payload_.make(0, 2) + "x");
  audit_.add("instance_9", payload_.make(9, 1));
  audit_.add("", "");
  const auto result = audit_.result();
  EXPECT_EQ(result.lost, 2U);
  EXPECT_EQ(result.duplicated, 1U);
  EXPECT_EQ(result.out_of_order, 1U);
  EXPECT_EQ(result.stored, 3U);
}

}  // namespace
}  // namespace yardmaster::loadgen
