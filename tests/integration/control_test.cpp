// `yardmaster control` as a person has it: in a terminal, in the yard's own tmux; and the states in
// the status lines of that.
#include <filesystem>

#include <gmock/gmock.h>

#include "tests/integration/agent_yard.h"
#include "tests/integration/tmux_terminal.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class Control : public AgentYard {
 protected:
  std::vector<std::string> control() const { return daemon_->command_words({"control"}); }
  void report(const std::string& name, const std::string& state) const {
    daemon_->call("report_state", {{"instance_id", name}, {"state", state}});
  }
  std::string tmux(std::vector<std::string> words) const {
    words.insert(words.begin(), {"tmux", "-S", tmux_socket()});
    return run({.argv = words}).output;
  }
};

TEST_F(Control, shows_instances_in_different_states_and_takes_commands) {
  json ada = request("ada", "worker");
  ada["task"] = "mend #(touch " + (scratch_ / "evil").string() + ") #[bg=red]\x1b[41m it";
  daemon_->call("allocate_instance", ada);
  spawn("worker-10", "worker");
  spawn("worker-9", "worker");
  report("worker-9", "idle");
  const TmuxTerminal terminal(control());
  ASSERT_TRUE(terminal.shows("I worker-9")) << terminal.screen();
  const std::string screen = terminal.screen();
  EXPECT_THAT(screen, HasSubstr("3 instances: R 2 running  I 1 idle"));
  EXPECT_LT(screen.find("worker-9 "), screen.find("worker-10 "));

  terminal.enter("/broadcast stand up");
  EXPECT_TRUE(terminal.shows("3 messages sent")) << terminal.screen();
  terminal.enter("/send ada - hello");
  EXPECT_TRUE(terminal.shows("to ada is in the inbox")) << terminal.screen();
  EXPECT_THAT(mail_of("ada"), testing::ElementsAre("stand up", "- hello"));
  EXPECT_THAT(mail_of("worker-10"), testing::ElementsAre("stand up"));

  daemon_->call("append_context", {{"context", "ada"},
                                   {"seq", 1},
                                   {"kind", "progress"},
                                   {"data", "half #(touch $PLACE/x) way\x1b[2J\n"}});
  terminal.resize(200, 60);
  terminal.enter("/context-handoff ada worker-9 look at it");
  EXPECT_TRUE(terminal.shows("handoff to worker-9")) << terminal.screen();
  EXPECT_TRUE(terminal.shows("handoff from ada")) << terminal.screen();
  EXPECT_THAT(terminal.screen(), HasSubstr("progress: half #(touch $PLACE/x) way"));
  EXPECT_THAT(terminal.screen(), HasSubstr("mend #(touch /"));
  EXPECT_THAT(terminal.coloured_screen(), Not(HasSubstr("\x1b[41m")));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "evil"));

  terminal.type("/rm worker-1");
  terminal.press("Tab");
  terminal.press("Enter");
  EXPECT_TRUE(terminal.shows("2 instances")) << terminal.screen();
  terminal.enter("/help");
  EXPECT_TRUE(terminal.shows("comes back here from an agent")) << terminal.screen();
}

TEST_F(Control, is_one_pane_that_terminals_come_back_to) {
  spawn("ada", "worker");
  {
    const TmuxTerminal terminal(control());
    ASSERT_TRUE(terminal.shows("R ada")) << terminal.screen();
    terminal.type("/send ada draft");
    ASSERT_TRUE(terminal.shows("/send ada draft"));
    terminal.press("C-b");
    terminal.press("d");
    EXPECT_TRUE(terminal.closes());
  }
  const TmuxTerminal terminal(control());
  ASSERT_TRUE(terminal.shows("/send ada draft")) << terminal.screen();
  terminal.press("Escape");
  ASSERT_TRUE(terminal.shows_no_more("draft"));
  terminal.press("Enter");
  EXPECT_TRUE(terminal.shows("[yard-project]")) << terminal.screen();
  terminal.press("C-b");
  terminal.press("L");
  ASSERT_TRUE(terminal.shows("1 instance")) << terminal.screen();
  EXPECT_EQ(tmux({"list-panes", "-s", "-t", "=yardmaster-pane", "-F", "x"}), "x\n");
  terminal.enter("/quit");
  EXPECT_TRUE(terminal.closes());
  EXPECT_THAT(tmux({"list-sessions"}), Not(HasSubstr("yardmaster-pane")));
}

TEST_F(Control, and_status_lines_outlive_a_restart_of_the_daemon) {
  spawn("ada", "worker");
  spawn("bob", "worker");
  report("bob", "idle");
  const TmuxTerminal terminal(control());
  ASSERT_TRUE(terminal.shows("R ada")) << terminal.screen();
  const TmuxTerminal attached(daemon_->command_words({"attach", "bob"}));
  ASSERT_TRUE(attached.shows("R 1 running  I 1 idle")) << attached.screen();
  EXPECT_THAT(attached.screen(), HasSubstr("0:ada- R 1:bob* I"));
  report("bob", "running");
  EXPECT_TRUE(attached.shows("bob* R")) << attached.screen();
  daemon_->kill();
  EXPECT_TRUE(terminal.shows("no daemon, waiting")) << terminal.screen();
  EXPECT_TRUE(attached.shows("no daemon")) << attached.screen();
  const TmuxTerminal late(control());
  EXPECT_TRUE(late.shows("no daemon, waiting")) << late.screen();
  daemon_->start();
  EXPECT_TRUE(attached.shows("R 2 running")) << attached.screen();
  report("bob", "idle");
  EXPECT_TRUE(terminal.shows("I bob")) << terminal.screen();
  daemon_->call("release_instance", {{"instance_id", "ada"}});
  EXPECT_TRUE(terminal.shows("1 instance:")) << terminal.screen();
  EXPECT_TRUE(attached.shows("I 1 idle")) << attached.screen();
  EXPECT_THAT(attached.screen(), Not(HasSubstr("running")));
}

TEST_F(Control, says_what_to_do_where_it_cannot_be_shown) {
  const Finished finished = daemon_->command({"control"});
  EXPECT_EQ(finished.status, 2);
  EXPECT_THAT(finished.errors, HasSubstr("'yardmaster ls' shows the same once"));
  std::vector<std::string> words = control();
  words.insert(words.begin(),
               {"sh", "-c", "TERM=dumb \"$@\"; echo ended with $?; read stay", "sh"});
  const TmuxTerminal dumb(words);
  EXPECT_TRUE(dumb.shows("ended with 2")) << dumb.screen();
  EXPECT_THAT(dumb.screen(), HasSubstr("TERM=dumb is not known, or cannot be drawn on"));
  daemon_->kill();
  words[2] = "\"$@\"; echo ended with $?; read stay";
  const TmuxTerminal alone(words);
  EXPECT_TRUE(alone.shows("ended with 5")) << alone.screen();
}

}  // namespace
}  // namespace yardmaster::support
