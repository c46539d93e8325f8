// What an instance left that was killed goes on with another one, whole.
#include <string>
#include <vector>

#include "tests/integration/agent_yard.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class LeftContext : public AgentYard {
 protected:
  LeftContext() {
    spawn("taker", "worker");
    killed_ = spawn("giver", "worker");
    const json entries = json::array({json::array({"decision", "keep the old parser"}),
                                      json::array({"note", "tests are missing"})});
    daemon_->call("append_entries", {{"context", "giver"}, {"seq", 1}, {"entries", entries}});
  }

  void kill_giver() {
    kill_agent(killed_);
    EXPECT_THAT(end_of("giver").at("reason").get<std::string>(), HasSubstr("SIGKILL"));
  }

  json context() const { return daemon_->call("read_context", {{"context", "giver"}}); }

  json killed_;
};

TEST_F(LeftContext, goes_to_another_instance_which_goes_on_with_it) {
  const Finished early = daemon_->command({"handoff", "--from-dead", "giver", "taker"});
  EXPECT_EQ(early.status, 1);
  EXPECT_THAT(early.errors, HasSubstr("'giver' lives"));
  kill_giver();
  const Finished offered = daemon_->command({"handoff", "--from-dead", "giver", "taker", "--json"});
  ASSERT_EQ(offered.status, 0) << offered.errors;
  const std::string id = json::parse(offered.output).at("id").dump();
  const Finished accepted = daemon_->command({"handoff", "accept", id, "--as", "taker"});
  EXPECT_THAT(accepted.output, HasSubstr("(2 entries) from giver to taker is accepted"));
  LineClient taker(daemon_->instance_socket("taker"));
  EXPECT_EQ(taker.code_of(
                "append_context",
                {{"context", "giver"}, {"seq", 3}, {"kind", "note"}, {"data", "tests are there"}}),
            "success");
  EXPECT_EQ(context().at("owner"), "taker");
  EXPECT_EQ(context().at("entries").size(), 3U);
}

TEST_F(LeftContext, stays_offered_while_the_daemon_is_killed_and_the_name_lives_again) {
  const json generation = context().at("generation");
  kill_giver();
  const json asked{{"from", "giver"}, {"to", "taker"}, {"from_dead", true}};
  const json offered = daemon_->call("context_handoff", asked);
  daemon_->kill();
  daemon_->start();
  EXPECT_EQ(spawn("giver", "worker").at("context"), "giver-2");
  const json digest = daemon_->call("digest_context", {{"context", "giver"}});
  EXPECT_EQ(digest.at("digest"), offered.at("digest"));
  daemon_->call("accept_handoff", {{"instance_id", "taker"},
                                   {"id", offered.at("id")},
                                   {"digest", digest.at("digest")},
                                   {"count", digest.at("count")}});
  EXPECT_EQ(daemon_->connect().code_of("append_context", {{"context", "giver"},
                                                          {"seq", 3},
                                                          {"kind", "note"},
                                                          {"data", "late"},
                                                          {"generation", generation}}),
            "stale_generation");
  EXPECT_EQ(context().at("owner"), "taker");
}

// A supervisor is the one who is there when its workers die.
TEST_F(LeftContext, is_handed_over_by_the_supervisor_of_its_repository_alone) {
  kill_giver();
  spawn("boss", "supervisor");
  daemon_->call("allocate_instance", {{"instance_id", "other-boss"}, {"role", "supervisor"}});
  const json asked{{"from", "giver"}, {"to", "taker"}, {"from_dead", true}};
  LineClient other(daemon_->instance_socket("other-boss"));
  EXPECT_EQ(other.code_of("context_handoff", asked), "forbidden");
  LineClient boss(daemon_->instance_socket("boss"));
  EXPECT_EQ(boss.call("context_handoff", asked).at("count"), 2) << "a refusal froze nothing";
}

}  // namespace
}  // namespace yardmaster::support
