// The words of others for the same things.
#include <string>
#include <vector>

#include "tests/integration/agent_yard.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class OlderWords : public AgentYard {
 protected:
  std::string said(std::vector<std::string> words) const {
    const Finished finished = daemon_->command(std::move(words));
    EXPECT_EQ(finished.status, 0) << finished.errors;
    return finished.output;
  }
};

TEST_F(OlderWords, start_list_and_end_a_worker) {
  EXPECT_THAT(said({"work", "Fix the parser", "--repo", "project"}),
              StartsWith("worker-1 is started"));
  EXPECT_EQ(listed("instances", "worker-1").at("task"), "Fix the parser");
  EXPECT_EQ(listed("instances", "worker-1").at("role"), "worker");
  EXPECT_THAT(said({"list"}), HasSubstr("worker-1"));
  EXPECT_THAT(said({"work", "list"}), HasSubstr("worker-1"));
  EXPECT_THAT(said({"work", "rm", "worker-1"}), StartsWith("worker-1 is gone"));
  const Finished empty = daemon_->command({"work"});
  EXPECT_EQ(empty.status, 2);
  EXPECT_THAT(empty.errors, HasSubstr("say what to do"));
}

TEST_F(OlderWords, look_at_stop_and_start_the_daemon) {
  const json status = json::parse(said({"daemon", "status", "--json"}));
  EXPECT_EQ(status.at("pid"), daemon_->pid());
  EXPECT_THAT(said({"daemon", "logs"}), HasSubstr("yardmaster"));
  EXPECT_THAT(said({"daemon", "stop"}), StartsWith("yardmaster stopped"));
  EXPECT_EQ(daemon_->command({"daemon", "status"}).status, 5);
  const Finished nothing = run_yardmaster({"daemon"});
  EXPECT_EQ(nothing.status, 2);
  EXPECT_THAT(nothing.errors, HasSubstr("start, stop, status, logs"));
}

}  // namespace
}  // namespace yardmaster::support
