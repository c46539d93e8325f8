// What an instance may ask for on its own socket, and that no client keeps the yard's owner out.
#include <list>
#include <string>

#include "tests/integration/yard_test.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class Rights : public YardTest {
 protected:
  LineClient on_socket_of(const std::string& name) {
    return LineClient(daemon_.instance_socket(name));
  }
};

TEST_F(Rights, an_instance_may_do_its_own_things_and_no_others) {
  allocate("anna");
  allocate("bert");
  append("bert", 1, 3);
  auto anna = on_socket_of("anna");
  EXPECT_EQ(anna.code_of("append_context",
                         {{"context", "anna"}, {"seq", 1}, {"kind", "note"}, {"data", "x"}}),
            "success");
  EXPECT_EQ(anna.code_of("read_context", {{"context", "anna"}}), "success");
  EXPECT_EQ(anna.code_of("send_message", {{"to", "bert"}, {"body", "hello"}}), "success");
  EXPECT_EQ(anna.code_of("list_instances"), "success");
  for (const std::string command : {"stop", "trigger_cleanup", "repair_state", "list_rescues"}) {
    EXPECT_EQ(anna.code_of(command), "forbidden") << command;
  }
  EXPECT_EQ(anna.code_of("backup", {{"file", "/nowhere/copy.db"}}), "forbidden");
  EXPECT_EQ(anna.code_of("remove_repo", {{"name", "x"}, {"force", true}}), "forbidden");
  EXPECT_EQ(anna.code_of("allocate_instance", {{"role", "worker"}}), "forbidden");
  EXPECT_EQ(anna.code_of("release_instance", {{"instance_id", "bert"}}), "forbidden");
  EXPECT_EQ(anna.code_of("read_context", {{"context", "bert"}}), "forbidden");
  EXPECT_EQ(anna.code_of("digest_context", {{"context", "bert"}}), "forbidden");
  on_socket_of("bert").call("context_handoff", {{"to", "anna"}});
  EXPECT_EQ(anna.call("read_context", {{"context", "bert"}}).at("last_seq"), 3)
      << "what is offered may be read";
}

TEST_F(Rights, a_supervisor_may_start_and_end_instances) {
  allocate("boss", "supervisor");
  auto boss = on_socket_of("boss");
  EXPECT_EQ(boss.call("allocate_instance", {{"instance_id", "anna"}, {"role", "worker"}})
                .at("instance_id"),
            "anna");
  EXPECT_EQ(boss.code_of("release_instance", {{"instance_id", "anna"}}), "success");
  EXPECT_EQ(boss.code_of("stop"), "forbidden");
  EXPECT_EQ(boss.code_of("send_message", {{"from", "anna"}, {"to", "boss"}, {"body", "x"}}),
            "forbidden");
}

TEST_F(Rights, of_repositories_a_supervisor_has_its_own) {
  allocate("boss", "supervisor");
  auto boss = on_socket_of("boss");
  EXPECT_EQ(boss.code_of("allocate_instance", {{"role", "worker"}, {"repo", "elsewhere"}}),
            "forbidden");
  EXPECT_EQ(boss.code_of("add_repo", {{"path", "/tmp"}}), "forbidden");
}

TEST_F(Rights, a_supervisor_reads_what_others_keep_and_adds_nothing_to_it) {
  allocate("boss", "supervisor");
  allocate("bert");
  append("bert", 1, 3);
  auto boss = on_socket_of("boss");
  EXPECT_EQ(boss.call("read_context", {{"context", "bert"}}).at("last_seq"), 3);
  EXPECT_EQ(boss.call("digest_context", {{"context", "bert"}}).at("count"), 3);
  EXPECT_NE(boss.code_of("append_context",
                         {{"context", "bert"}, {"seq", 4}, {"kind", "note"}, {"data", "x"}}),
            "success");
}

TEST_F(Rights, a_supervisor_hands_over_what_the_ended_left_and_nobody_else_does) {
  allocate("boss", "supervisor");
  allocate("anna");
  allocate("bert");
  append("bert", 1, 3);
  daemon_.call("release_instance", {{"instance_id", "bert"}});
  const json asked{{"from", "bert"}, {"to", "anna"}, {"from_dead", true}};
  EXPECT_EQ(on_socket_of("anna").code_of("context_handoff", asked), "forbidden");
  auto boss = on_socket_of("boss");
  EXPECT_EQ(boss.code_of("context_handoff", {{"to", "anna"}, {"from_dead", true}}),
            "invalid_request");
  EXPECT_EQ(boss.call("context_handoff", asked).at("count"), 3);
}

// What agents' tools, hooks and prompts ask for.
TEST_F(Rights, an_instance_writes_reads_hands_over_and_ends_itself) {
  allocate("anna");
  allocate("bert");
  auto anna = on_socket_of("anna");
  auto bert = on_socket_of("bert");
  EXPECT_EQ(bert.code_of("subscribe", {{"events", {"message"}}}), "success");
  for (const std::string command : {"ping", "status", "list_instances", "list_agents", "list_roles",
                                    "list_repos", "list_handoffs", "list_messages"}) {
    EXPECT_EQ(anna.code_of(command), "success") << command;
  }
  EXPECT_EQ(anna.code_of("report_state", {{"state", "idle"}}), "success");
  EXPECT_EQ(anna.code_of("broadcast", {{"to", "@all"}, {"body", "hello"}}), "success");
  append("anna", 1, 2);
  const auto id = anna.call("context_handoff", {{"to", "bert"}}).at("id");
  EXPECT_EQ(anna.code_of("cancel_handoff", {{"id", id}}), "success");
  const auto offered = anna.call("context_handoff", {{"to", "bert"}}).at("id");
  const auto digest = bert.call("digest_context", {{"context", "anna"}});
  EXPECT_EQ(bert.code_of(
                "accept_handoff",
                {{"id", offered}, {"digest", digest.at("digest")}, {"count", digest.at("count")}}),
            "success");
  EXPECT_EQ(bert.code_of("read_context", {{"context", "anna"}}), "success");
  EXPECT_EQ(anna.code_of("read_context", {{"context", "anna"}}), "forbidden") << "given away";
  EXPECT_EQ(anna.code_of("complete_agent", {{"summary", "done"}}), "success");
}

TEST_F(Rights, connections_of_one_instance_have_a_quota) {
  allocate("anna");
  allocate("bert");
  std::list<LineClient> idle;
  for (int i = 0; i < 64; ++i)
    EXPECT_EQ(idle.emplace_back(on_socket_of("anna")).code_of("ping"), "success");
  auto refused = on_socket_of("anna");
  EXPECT_EQ(refused.next_frame().at("code"), "unavailable");
  EXPECT_EQ(on_socket_of("bert").code_of("ping"), "success");
}

TEST(GrantedRights, a_role_may_what_the_roles_file_grants_it) {
  const TemporaryDirectory scratch;
  write_file(scratch / "roles.json", R"({"roles": {"worker": {"may": ["all"]},
                                                   "supervisor": {"may": []}}})");
  const json config{{"roles_file", (scratch / "roles.json").string()}};
  DaemonProcess daemon({.config = config.dump()});
  for (const std::string role : {"worker", "supervisor"}) {
    daemon.call("allocate_instance", {{"instance_id", "a-" + role}, {"role", role}});
  }
  LineClient worker(daemon.instance_socket("a-worker"));
  LineClient supervisor(daemon.instance_socket("a-supervisor"));
  EXPECT_EQ(worker.code_of("list_rescues"), "success");
  EXPECT_EQ(supervisor.code_of("release_instance", {{"instance_id", "a-worker"}}), "forbidden");
  EXPECT_EQ(worker.code_of("release_instance", {{"instance_id", "a-supervisor"}}), "success");
}

TEST(OwnersReserve, idle_connections_keep_nobody_from_looking_at_the_yard_and_stopping_it) {
  DaemonProcess daemon({.config = R"({"max_connections": 40})"});
  std::list<LineClient> idle;
  for (int i = 0; i < 100; ++i) idle.emplace_back(daemon.connect());
  EXPECT_EQ(daemon.connect().code_of("status"), "success");
  EXPECT_EQ(daemon.connect().code_of("list_instances"), "success");
  EXPECT_EQ(daemon.command({"stop"}).status, 0);
}

}  // namespace
}  // namespace yardmaster::support
