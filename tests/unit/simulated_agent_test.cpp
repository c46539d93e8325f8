// The simulated agent as a coordinator sees it: a process that is started in a directory and speaks
// on a socket. The coordinator is played by the test.
#include <csignal>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "loadgen/real/agent_work.h"
#include "loadgen/real/outside_view.h"
#include "loadgen/real/remains.h"
#include "tests/support/daemon_process.h"
#include "tests/unit/line_server.h"

namespace yardmaster::loadgen {
namespace {

using nlohmann::json;

class SimulatedAgentTest : public testing::Test {
 protected:
  ~SimulatedAgentTest() override { kill_processes_with_token(token()); }

  std::string token() const { return place_.path().string() + "#1"; }

  // Whatever it leaves behind ends with this process, if no other owner is among the words.
  support::ChildProcess start(const std::string& words) {
    const std::string command = "cd " + place_.path().string() + " && exec " +
                                support::loadgen_program() + " simulated-agent --owner " +
                                std::to_string(::getpid()) + " " + words;
    return support::ChildProcess({.argv = {"sh", "-c", command},
                                  .environment = {{"YARDMASTER_SOCKET", server_.path()},
                                                  {"YARDMASTER_INSTANCE", "worker-1"},
                                                  {"YARDMASTER_TOKEN", token()},
                                                  {"TMUX", ""}}});
  }

  // The next request has to be this one; it is answered.
  json expect(const std::string& command, const json& answer = json::object()) {
    const json request = json::parse(server_.read_line(loop_));
    EXPECT_EQ(request.at("command"), command);
    const json reply{{"id", request.at("id")}, {"success", true}, {"data", answer}};
    server_.write(reply.dump() + "\n");
    return request.value("args", json::object());
  }

  void expect_hello() {
    server_.accept();
    EXPECT_EQ(expect("report_state").at("state"), "running");
  }

  void expect_subscription(const json& waiting = json::array()) {
    EXPECT_EQ(expect("subscribe").at("instance_id"), "worker-1");
    expect("list_messages", {{"messages", waiting}});
  }

  static json message(int id, const std::string& body) {
    return {{"id", id}, {"from", "supervisor"}, {"to", "worker-1"}, {"body", body}};
  }

  void send(int id, const std::string& body) {
    const json event{{"event", "message"}, {"data", message(id, body)}};
    server_.write(event.dump() + "\n");
    EXPECT_EQ(expect("ack_message").at("id"), id);
  }

  support::TemporaryDirectory place_;
  LineServer server_;
  EventLoop loop_;
};

TEST_F(SimulatedAgentTest, says_hello_acks_its_messages_and_exits_when_told) {
  auto agent = start("");
  expect_hello();
  expect_subscription(json::array({message(5, "what was waiting")}));
  EXPECT_EQ(expect("ack_message").at("id"), 5);
  send(6, "edit notes/a.txt");
  send(7, "exit");
  EXPECT_EQ(agent.wait(), 0);
  EXPECT_EQ(support::read_file(place_ / "notes/a.txt"), work_text("notes/a.txt"));
  EXPECT_NE(agent.output().find("instance worker-1 in " + place_.path().string()),
            std::string::npos);
}

TEST_F(SimulatedAgentTest, finds_its_coordinator_again) {
  auto agent = start("");
  expect_hello();
  expect_subscription();
  server_.die();
  server_.listen();
  expect_hello();
  expect_subscription();
  EXPECT_TRUE(agent.running());
}

TEST_F(SimulatedAgentTest, crashes_when_told_and_by_itself) {
  auto told = start("");
  expect_hello();
  expect_subscription();
  send(1, "crash");
  EXPECT_EQ(told.wait(), 128 + SIGSEGV);
  auto by_itself = start("--behaviour crash --after 1ms");
  expect_hello();
  expect_subscription();
  EXPECT_EQ(by_itself.wait(), 128 + SIGSEGV);
}

TEST_F(SimulatedAgentTest, a_stubborn_one_ignores_sigterm) {
  auto agent = start("--behaviour stubborn");
  expect_hello();
  expect_subscription();
  agent.signal(SIGTERM);
  agent.signal(SIGHUP);
  send(1, "are you there?");
  EXPECT_TRUE(agent.running());
}

TEST_F(SimulatedAgentTest, one_that_exits_says_why_and_never_hello) {
  auto agent = start("--behaviour exit");
  EXPECT_EQ(agent.wait(), 3);
  EXPECT_NE(agent.output().find("cannot go on"), std::string::npos);
}

TEST_F(SimulatedAgentTest, children_outlive_it_and_carry_its_token) {
  auto agent = start("--behaviour children");
  expect_hello();
  ASSERT_TRUE(support::eventually([&] { return processes_with_token(token()).size() == 5; }));
  agent.signal(SIGKILL);
  agent.wait();
  EXPECT_EQ(processes_with_token(token()).size(), 4U);
  kill_processes_with_token(token());
  EXPECT_TRUE(processes_with_token(token()).empty());
}

TEST_F(SimulatedAgentTest, it_and_its_children_end_with_their_owner) {
  support::ChildProcess owner({.argv = {"sleep", "60"}});
  auto agent = start("--behaviour children --owner " + std::to_string(owner.pid()));
  expect_hello();
  expect_subscription();
  ASSERT_TRUE(support::eventually([&] { return processes_with_token(token()).size() == 5; }));
  owner.signal(SIGKILL);
  EXPECT_TRUE(agent.wait().has_value());
  EXPECT_TRUE(support::eventually([&] { return processes_with_token(token()).empty(); }));
}

TEST_F(SimulatedAgentTest, what_it_says_in_its_journal_is_there) {
  std::filesystem::create_directories(place_ / "journal");
  std::filesystem::create_directories(place_ / "src/m00");
  auto agent = start("--edits 1ms --journal journal");
  expect_hello();
  expect_subscription();
  const auto journal = place_ / "journal" / ("worker-1." + std::to_string(agent.pid()));
  ASSERT_TRUE(
      support::eventually([&] { return read_journal(support::read_file(journal)).size() > 20; }));
  agent.signal(SIGKILL);
  agent.wait();
  for (const auto& said : read_journal(support::read_file(journal))) {
    const auto text = support::read_file(place_ / said.path);
    if (said.is_whole_file) {
      EXPECT_EQ(text, work_text(said.path));
    } else {
      EXPECT_NE(text.find(said.line + "\n"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace yardmaster::loadgen
