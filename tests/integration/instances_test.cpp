// Instances: what they are given, who may speak for them, and that all of it is gone when they end.
#include <csignal>
#include <string>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class Instances : public YardTest {
 protected:
  // A process that does nothing until it is killed.
  static ChildProcess idle_process() { return ChildProcess({.argv = {"sleep", "infinity"}}); }

  LineClient on_socket_of(const std::string& name) {
    return LineClient(daemon_.instance_socket(name));
  }

  json listed(const std::string& name, const json& more = json::object()) {
    const auto list = bystander_.call("list_instances", more).at("instances");
    for (const auto& instance : list) {
      if (instance.at("instance_id") == name) return instance;
    }
    return nullptr;
  }
};

TEST_F(Instances, an_allocation_says_what_was_given) {
  const auto given = allocate("one", "reviewer");
  EXPECT_EQ(given.at("instance_id"), "one");
  EXPECT_EQ(given.at("role"), "reviewer");
  EXPECT_EQ(given.at("socket_path"), daemon_.instance_socket("one").string());
  EXPECT_EQ(given.at("context"), "one");
  EXPECT_TRUE(given.at("generation").is_number_unsigned());
  EXPECT_EQ(listed("one").at("role"), "reviewer");
}

TEST_F(Instances, a_name_is_given_once) {
  allocate("one");
  EXPECT_EQ(bystander_.code_of("allocate_instance", {{"instance_id", "one"}, {"role", "worker"}}),
            "already_exists");
  bystander_.call("release_instance", {{"instance_id", "one"}});
  EXPECT_EQ(allocate("one").at("instance_id"), "one");
}

TEST_F(Instances, on_its_socket_the_caller_is_the_instance) {
  allocate("one");
  allocate("two");
  auto one = on_socket_of("one");
  one.call("append_context", {{"seq", 1}, {"kind", "note"}, {"data", "mine"}, {"context", "one"}});
  one.call("send_message", {{"to", "two"}, {"body", "hello"}});
  const auto messages = on_socket_of("two").call("list_messages").at("messages");
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].at("from"), "one");
}

TEST_F(Instances, on_its_socket_nobody_speaks_for_another) {
  allocate("one");
  allocate("two");
  auto one = on_socket_of("one");
  EXPECT_EQ(one.code_of("send_message", {{"from", "two"}, {"to", "one"}, {"body", "forged"}}),
            "forbidden");
  EXPECT_EQ(one.code_of("list_messages", {{"instance_id", "two"}}), "forbidden");
  EXPECT_EQ(one.code_of("broadcast", {{"from", "two"}, {"to", "@all"}, {"body", "forged"}}),
            "forbidden");
  EXPECT_EQ(one.code_of("context_handoff", {{"from", "two"}, {"to", "one"}}), "forbidden");
  EXPECT_EQ(one.code_of("append_context",
                        {{"context", "two"}, {"seq", 1}, {"kind", "note"}, {"data", "forged"}}),
            "stale_generation");
  EXPECT_EQ(one.code_of("send_message", {{"from", "one"}, {"to", "two"}, {"body", "mine"}}),
            "success");
}

TEST_F(Instances, one_without_a_socket_has_none) {
  allocate("one", "worker", {{"socket", false}});
  EXPECT_FALSE(std::filesystem::exists(daemon_.instance_socket("one")));
}

TEST_F(Instances, a_released_one_leaves_a_tombstone_and_no_socket) {
  allocate("one");
  append("one", 1, 5);
  auto session = on_socket_of("one");
  auto listener = daemon_.connect();
  listener.call("subscribe", {{"events", {"gone"}}});
  bystander_.call("release_instance", {{"instance_id", "one"}});
  EXPECT_EQ(listener.event("gone").at("instance_id"), "one");
  EXPECT_FALSE(std::filesystem::exists(daemon_.instance_socket("one")));
  EXPECT_TRUE(session.stream().closed_by_peer());
  EXPECT_TRUE(listed("one").is_null());
  EXPECT_EQ(listed("one", {{"state", "gone"}}).at("state"), "gone");
  EXPECT_EQ(bystander_.call("read_context", {{"context", "one"}}).at("last_seq"), 5);
  EXPECT_EQ(bystander_.code_of("release_instance", {{"instance_id", "one"}}), "not_found");
}

TEST_F(Instances, the_death_of_its_process_ends_it) {
  auto process = idle_process();
  allocate("one", "worker", {{"pid", process.pid()}});
  auto listener = daemon_.connect();
  listener.call("subscribe", {{"events", {"gone"}}, {"instance_id", "one"}});
  process.kill();
  const auto gone = listener.event("gone");
  EXPECT_EQ(gone.at("instance_id"), "one");
  EXPECT_GE(gone.at("cleanup_ms").get<double>(), 0.0);
  EXPECT_FALSE(std::filesystem::exists(daemon_.instance_socket("one")));
  EXPECT_TRUE(listed("one").is_null());
}

TEST_F(Instances, many_deaths_at_once_are_all_noticed) {
  constexpr int count = 50;
  auto listener = daemon_.connect();
  listener.call("subscribe", {{"events", {"gone"}}});
  std::vector<ChildProcess> processes;
  for (int i = 0; i < count; ++i) {
    processes.push_back(idle_process());
    allocate("i-" + std::to_string(i), "worker", {{"pid", processes.back().pid()}});
  }
  for (auto& process : processes) process.kill();
  for (int i = 0; i < count; ++i) listener.event("gone");
  EXPECT_TRUE(bystander_.call("list_instances").at("instances").empty());
}

TEST_F(Instances, a_lost_connection_is_not_a_death) {
  auto process = idle_process();
  allocate("one", "worker", {{"pid", process.pid()}});
  on_socket_of("one").call("ping");
  EXPECT_EQ(bystander_.code_of("ping"), "success");
  EXPECT_FALSE(listed("one").is_null());
}

TEST_F(Instances, a_process_that_does_not_exist_cannot_be_registered) {
  auto process = idle_process();
  process.kill();
  const json arguments = {{"instance_id", "one"}, {"role", "worker"}, {"pid", process.pid()}};
  EXPECT_NE(bystander_.code_of("allocate_instance", arguments), "success");
  EXPECT_TRUE(listed("one").is_null());
  EXPECT_FALSE(std::filesystem::exists(daemon_.instance_socket("one")));
}

TEST_F(Instances, what_died_while_the_daemon_was_down_is_found_gone_at_its_start) {
  auto lasting = idle_process();
  auto dying = idle_process();
  allocate("lasting", "worker", {{"pid", lasting.pid()}});
  allocate("dying", "worker", {{"pid", dying.pid()}});
  daemon_.kill();
  dying.kill();
  daemon_.start();
  bystander_ = daemon_.connect();
  EXPECT_TRUE(listed("dying").is_null());
  EXPECT_FALSE(std::filesystem::exists(daemon_.instance_socket("dying")));
  EXPECT_FALSE(listed("lasting").is_null());
  EXPECT_EQ(on_socket_of("lasting").code_of("ping"), "success");

  auto listener = daemon_.connect();
  listener.call("subscribe", {{"events", {"gone"}}});
  lasting.kill();
  EXPECT_EQ(listener.event("gone").at("instance_id"), "lasting");
}

TEST_F(Instances, a_successor_takes_up_the_context_and_late_writes_are_refused) {
  const auto first = allocate("one");
  append("one", 1, 3);
  bystander_.call("release_instance", {{"instance_id", "one"}});
  const auto second = allocate("one");
  EXPECT_EQ(second.at("context"), "one");
  EXPECT_GT(second.at("generation").get<std::uint64_t>(),
            first.at("generation").get<std::uint64_t>());
  EXPECT_EQ(bystander_.code_of("append_context", {{"context", "one"},
                                                  {"seq", 4},
                                                  {"kind", "note"},
                                                  {"data", "late"},
                                                  {"generation", first.at("generation")}}),
            "stale_generation");
}

TEST_F(Instances, the_older_names_of_the_commands_do_the_same) {
  bystander_.call("add_agent", {{"agent", "one"}, {"type", "worker"}, {"task", "tidy up"}});
  EXPECT_EQ(listed("one").at("role"), "worker");
  EXPECT_EQ(bystander_.call("list_agents").at("agents").size(), 1U);
  bystander_.call("complete_agent", {{"agent", "one"}, {"summary", "tidied"}});
  EXPECT_TRUE(listed("one").is_null());
  bystander_.call("add_agent", {{"agent", "two"}, {"type", "worker"}});
  bystander_.call("remove_agent", {{"agent", "two"}});
  EXPECT_TRUE(listed("two").is_null());
}

}  // namespace
}  // namespace yardmaster::support
