#include "coordinator/instances/lifecycle/status_line.h"

#include <gmock/gmock.h>

#include "tests/instances/tmux_fixture.h"

namespace yardmaster::support {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StatusLine, tells_states_by_letter_and_word) {
  const auto commands = status_line_commands({{"ada", InstanceState::running},
                                              {"bob", InstanceState::idle},
                                              {"", InstanceState::running}});
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_THAT(commands[0], HasSubstr("R 2 running"));
  EXPECT_THAT(commands[0], HasSubstr("I 1 idle"));
  EXPECT_THAT(commands[1], HasSubstr(" ada=R bob=I "));
  EXPECT_THAT(status_line_commands({})[0], HasSubstr("no instances"));
}

TEST(StatusLine, has_no_place_for_windows_that_tmux_could_take_for_a_format) {
  const auto commands = status_line_commands({{"#(touch x)", InstanceState::running},
                                              {"#[fg=red]", InstanceState::running},
                                              {"a b", InstanceState::running},
                                              {"*", InstanceState::running}});
  EXPECT_THAT(commands[1], HasSubstr("'@yardmaster_windows' ' '"));
}

class ShownStatusLine : public TmuxTest {
 protected:
  void show(const std::vector<ShownState>& states) {
    std::vector<std::string> first = status_line_settings();
    const std::vector<std::string> now = status_line_commands(states);
    first.insert(first.end(), now.begin(), now.end());
    tmux_.run_now_and_first(now, first);
    list();  // has the loop run
  }
  std::string shown() const {
    return outside({"display-message", "-p", "-t",
                    "=yard-test:", "#{E:window-status-format}|#{E:status-right}"})
        .output;
  }
};

TEST_F(ShownStatusLine, is_there_on_servers_that_come_later) {
  show({{"ada", InstanceState::running}});
  open("ada");
  EXPECT_THAT(shown(), HasSubstr("ada* #[fg=cyan]R#[default]| #[fg=cyan]R 1 running"));
  show({{"ada", InstanceState::unknown}});
  EXPECT_TRUE(eventually([&] { return shown().find("?#[default]|") != std::string::npos; }))
      << shown();
  EXPECT_THAT(shown(), Not(HasSubstr("running")));
}

}  // namespace
}  // namespace yardmaster::support
