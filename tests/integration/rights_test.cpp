// What an instance may ask for on its own socket, and that no client keeps the yard's owner out.
#include <list>
#include <string>

#include "tests/integration/yard_test.h"

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
