// `yardmaster top`, as a person sees it: in a terminal of 80 by 24, and of other sizes.
#include <gmock/gmock.h>

#include "tests/integration/tmux_terminal.h"
#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class Top : public YardTest {
 protected:
  Top() {
    allocate("ada", "worker",
             {{"task", "mend the \x1b[31mparser\x07 and all of what is around it, for äöü"}});
    allocate("bob", "supervisor");
    daemon_.call("report_state", {{"instance_id", "bob"}, {"state", "idle"}});
  }
};

TEST_F(Top, shows_each_instance_with_its_state_as_letter_and_word) {
  const TmuxTerminal terminal(daemon_.command_words({"top"}));
  ASSERT_TRUE(terminal.shows("I bob")) << terminal.screen();
  const std::string screen = terminal.screen();
  EXPECT_THAT(screen, HasSubstr("2 instances: R 1 running  I 1 idle"));
  EXPECT_THAT(screen, HasSubstr("R ada  running worker"));
  EXPECT_THAT(screen, HasSubstr("mend the"));
  EXPECT_THAT(terminal.coloured_screen(), Not(HasSubstr("\x1b[31mparser")));
}

TEST_F(Top, shows_what_changes) {
  const TmuxTerminal terminal(daemon_.command_words({"top"}));
  ASSERT_TRUE(terminal.shows("R ada"));
  daemon_.call("report_state", {{"instance_id", "ada"}, {"state", "idle"}});
  EXPECT_TRUE(terminal.shows("I ada")) << terminal.screen();
  allocate("carl");
  EXPECT_TRUE(terminal.shows("R carl")) << terminal.screen();
  daemon_.call("release_instance", {{"instance_id", "bob"}});
  EXPECT_TRUE(terminal.shows("2 instances")) << terminal.screen();
}

TEST_F(Top, carries_out_commands_and_completes_them) {
  const TmuxTerminal terminal(daemon_.command_words({"top"}));
  ASSERT_TRUE(terminal.shows("R ada"));
  terminal.type("/se");
  terminal.press("Tab");
  terminal.type("a");
  terminal.press("Tab");
  terminal.type("- how far are you?");
  ASSERT_TRUE(terminal.shows("/send ada - how far are you?")) << terminal.screen();
  terminal.press("Enter");
  EXPECT_TRUE(terminal.shows("to ada is in the inbox")) << terminal.screen();
  const auto inbox = daemon_.call("list_messages", {{"instance_id", "ada"}}).at("messages");
  ASSERT_EQ(inbox.size(), 1U);
  EXPECT_EQ(inbox[0].at("body"), "- how far are you?");
  EXPECT_EQ(inbox[0].at("from"), "user");
  terminal.type("/fly away");
  terminal.press("Enter");
  EXPECT_TRUE(terminal.shows("there is no '/fly'")) << terminal.screen();
}

TEST_F(Top, takes_the_size_of_the_terminal) {
  const TmuxTerminal terminal(daemon_.command_words({"top"}));
  ASSERT_TRUE(terminal.shows("R ada"));
  EXPECT_THAT(terminal.screen(), Not(HasSubstr("äöü")));
  terminal.resize(200, 60);
  EXPECT_TRUE(terminal.shows("mend the parser and all of what is around it, for äöü"))
      << terminal.screen();
  terminal.resize(30, 3);
  EXPECT_TRUE(terminal.shows_no_more("äöü"));
  terminal.resize(80, 24);
  EXPECT_TRUE(terminal.shows("I bob")) << terminal.screen();
}

TEST_F(Top, outlives_a_restart_of_the_daemon) {
  const TmuxTerminal terminal(daemon_.command_words({"top"}));
  ASSERT_TRUE(terminal.shows("R ada"));
  daemon_.kill();
  EXPECT_TRUE(terminal.shows("no daemon, waiting")) << terminal.screen();
  daemon_.start();
  allocate("dora");
  EXPECT_TRUE(terminal.shows("R dora")) << terminal.screen();
  terminal.press("q");
  EXPECT_TRUE(terminal.closes());
}

TEST_F(Top, says_what_to_do_without_a_terminal) {
  const Finished finished = daemon_.command({"top"});
  EXPECT_EQ(finished.status, 2);
  EXPECT_THAT(finished.errors, HasSubstr("'yardmaster ls' shows the same once"));
}

}  // namespace
}  // namespace yardmaster::support
