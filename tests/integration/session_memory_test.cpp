// What sessions hold in memory is bounded in all, and whoever holds most pays for it.
#include <list>
#include <string>

#include <sys/resource.h>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

constexpr std::uint64_t mebibyte = 1U << 20U;

class SessionMemory : public testing::Test {
 protected:
  void SetUp() override {
#ifdef YARDMASTER_SANITIZED
    GTEST_SKIP() << "a sanitizer has memory of its own, and keeps what was freed for a while";
#endif
  }
  void allocate(const std::string& name) {
    daemon_.call("allocate_instance", {{"instance_id", name}, {"role", "worker"}});
  }
  std::uint64_t resident() { return daemon_.call("status").at("rss_bytes").get<std::uint64_t>(); }

  // Sends as much of a frame as the daemon takes.
  static void send_unfinished(LineClient& client) {
    try {
      client.stream().send("{\"command\":\"" + std::string(900'000, 'x'));
    } catch (const std::exception&) {
      // It was hung up on.
    }
  }

  DaemonProcess daemon_{{.config = R"({"session_memory_bytes": 33554432})"}};
};

TEST_F(SessionMemory, unfinished_frames_of_many_do_not_add_up) {
  const std::uint64_t before = resident();
  std::list<LineClient> hostile;
  auto bystander = daemon_.connect();
  for (int i = 0; i < 150; ++i) send_unfinished(hostile.emplace_back(daemon_.connect()));
  EXPECT_LT(resident(), before + 120 * mebibyte);
  EXPECT_EQ(bystander.code_of("ping"), "success") << "who holds little is not hung up on";
  EXPECT_NE(daemon_.log().find("closed the one that held most"), std::string::npos);
}

TEST_F(SessionMemory, a_text_that_many_hear_is_held_once) {
  allocate("anna");
  allocate("bert");
  std::list<LineClient> deaf;
  for (int i = 0; i < 100; ++i) {
    deaf.emplace_back(daemon_.connect()).call("subscribe", {{"events", {"message"}}});
  }
  const std::uint64_t before = resident();
  const std::string body(1'000'000, 'x');
  auto sender = daemon_.connect();
  for (int i = 0; i < 6; ++i) {
    sender.call("send_message", {{"from", "anna"}, {"to", "bert"}, {"body", body}});
  }
  EXPECT_LT(resident(), before + 100 * mebibyte);
  for (LineClient& each : deaf) {
    for (int i = 0; i < 6; ++i)
      ASSERT_EQ(each.event("message").at("body").get<std::string>(), body);
  }
}

TEST_F(SessionMemory, replies_that_nobody_reads_are_a_few) {
  allocate("anna");
  const std::string data(1'000'000, 'x');
  daemon_.call("append_context",
               {{"context", "anna"}, {"seq", 1}, {"kind", "note"}, {"data", data}});
  const std::uint64_t before = resident();
  auto hostile = daemon_.connect();
  const json request{{"command", "read_context"}, {"args", {{"context", "anna"}}}};
  std::string text;
  for (int i = 0; i < 1024; ++i) text += request.dump() + "\n";
  hostile.stream().send(text);
  auto bystander = daemon_.connect();
  for (int i = 0; i < 20; ++i) bystander.call("read_context", {{"context", "anna"}});
  EXPECT_LT(resident(), before + 60 * mebibyte);
}

TEST_F(SessionMemory, a_failed_allocation_ends_a_session_and_not_the_daemon) {
  DaemonProcess daemon({.config = R"({"session_memory_bytes": 4294967296})"});
  auto bystander = daemon.connect();
  bystander.call("ping");
  rlimit limit{};
  ASSERT_EQ(::prlimit(daemon.pid(), RLIMIT_DATA, nullptr, &limit), 0);
  limit.rlim_cur = 160 * mebibyte;
  ASSERT_EQ(::prlimit(daemon.pid(), RLIMIT_DATA, &limit, nullptr), 0);
  std::list<LineClient> hostile;
  for (int i = 0; i < 400; ++i) send_unfinished(hostile.emplace_back(daemon.connect()));
  EXPECT_TRUE(daemon.process().running());
  hostile.clear();
  EXPECT_EQ(daemon.connect().code_of("ping"), "success");
}

}  // namespace
}  // namespace yardmaster::support
