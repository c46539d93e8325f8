// An agent without hooks is woken by one fixed line in its pane, and only where that does no harm.
#include "tests/integration/agent_yard.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// Notes each line that it is given.
constexpr const char* reading =
    "while read -r line; do echo \"$line\" >>\"$PLACE/$YARDMASTER_INSTANCE.typed\"; done";

class PaneWake : public AgentYard {
 protected:
  PaneWake() {
    const std::filesystem::path roles = scratch_ / "roles.json";
    write_file(roles, json({{"roles",
                             {{"worker", {{"wake", "pane"}}},
                              {"supervisor", {{"wake", "pane"}}},
                              {"quiet", {{"prompt", "Be quiet."}, {"wake", "none"}}},
                              {"claude", {{"prompt", "Be Claude."}, {"wake", "pane"}}}}}})
                          .dump());
    configure({{"wake_after", "1s"}, {"roles_file", roles.string()}});
  }

  void send(const std::string& to) {
    daemon_->call("send_message", {{"from", "user"}, {"to", to}, {"body", "rm -rf /"}});
  }

  std::string typed(const std::string& name) const {
    const std::filesystem::path file = scratch_ / (name + ".typed");
    return std::filesystem::exists(file) ? read_file(file) : std::string();
  }
  bool is_woken(const std::string& name) const {
    return eventually([&] { return !typed(name).empty(); });
  }

  void tmux(std::vector<std::string> words) const {
    words.insert(words.begin(), {"tmux", "-S", tmux_socket()});
    const auto result = run({.argv = words});
    EXPECT_EQ(result.status, 0) << result.errors;
  }
  std::string pane_of(const std::string& name) const {
    return listed("instances", name).at("tmux_pane").get<std::string>();
  }

  // What its hooks would say.
  void report(const std::string& name, const std::string& state) {
    daemon_->call("report_state", {{"instance_id", name}, {"state", state}});
  }
};

TEST_F(PaneWake, the_line_is_a_fixed_one_and_comes_once_for_the_same_messages) {
  spawn("plain", "worker", reading);
  send("plain");
  send("plain");
  const std::string line = "# Unread messages for plain: yardmaster inbox lists them.\n";
  ASSERT_TRUE(is_woken("plain")) << daemon_->log();
  EXPECT_EQ(typed("plain"), line);
  send("plain");
  EXPECT_TRUE(eventually([&] { return typed("plain") == line + line; })) << typed("plain");
}

TEST_F(PaneWake, messages_that_were_there_before_the_agent_wake_it_too) {
  const json boss = spawn("boss", "supervisor", reading);
  kill_agent(boss);
  ASSERT_TRUE(eventually([&] { return waits("boss"); }));
  send("boss");
  EXPECT_TRUE(is_woken("boss")) << daemon_->log();
}

TEST_F(PaneWake, nothing_is_typed_where_it_would_do_harm) {
  spawn("scrolled", "worker", reading);
  tmux({"copy-mode", "-t", pane_of("scrolled")});
  spawn("behind", "worker", std::string("set -m; cat >\"$PLACE/other.typed\"; ") + reading);
  spawn("busy", "worker", reading);
  report("busy", "running");
  spawn("quiet", "quiet", reading);
  spawn("asking", "developer", reading);  // for all that one knows: it says nothing
  spawn("heard", "worker", reading);
  auto subscriber = daemon_->connect();
  subscriber.call("subscribe",
                  {{"events", {"message"}}, {"instance_id", "heard"}, {"confirms", true}});
  const std::vector<std::string> names{"scrolled", "behind", "busy", "quiet", "heard", "asking"};
  for (const std::string& name : names) send(name);
  spawn("plain", "worker", reading);
  send("plain");
  ASSERT_TRUE(is_woken("plain"));
  let_pass(std::chrono::seconds(1));
  for (const std::string& name : names) EXPECT_EQ(typed(name), "") << name;
  EXPECT_EQ(typed("other"), "") << "another program had the terminal";

  tmux({"send-keys", "-t", pane_of("scrolled"), "-X", "cancel"});
  tmux({"send-keys", "-t", pane_of("behind"), "C-d"});
  for (const char* name : {"busy", "asking"}) report(name, "idle");
  for (const char* name : {"scrolled", "behind", "busy", "asking"})
    EXPECT_TRUE(is_woken(name)) << name;
  EXPECT_EQ(typed("other"), "");
  EXPECT_EQ(typed("quiet") + typed("heard"), "");
}

TEST_F(PaneWake, an_agent_whose_role_says_so_is_woken_in_its_pane_and_by_no_hook) {
  const std::filesystem::path program = scratch_ / "claude";
  write_file(program, std::string("#!/bin/sh\n") + reading + "\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  json asked = request("typist", "claude");
  asked["agent_command"] = program.string();
  daemon_->call("allocate_instance", asked);
  const std::string settings = read_file(daemon_->state_dir() / "agents/typist/settings.json");
  EXPECT_THAT(settings, HasSubstr("hook stop"));
  EXPECT_EQ(settings.find("asyncRewake"), std::string::npos);
  send("typist");
  EXPECT_TRUE(is_woken("typist")) << daemon_->log();
}

TEST_F(PaneWake, a_line_that_was_not_typed_comes_after_a_restart_of_the_daemon) {
  spawn("busy", "worker", reading);
  report("busy", "running");
  send("busy");
  daemon_->kill();
  daemon_->start();
  report("busy", "idle");
  EXPECT_TRUE(is_woken("busy")) << daemon_->log();
}

}  // namespace
}  // namespace yardmaster::support
