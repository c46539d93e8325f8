// These tests are on the variables that an agent gets in a window, and in a person's terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/cli/agent_environment.h"

namespace yardmaster::cli {
namespace {

using ::testing::UnorderedElementsAre;

const Variables& launch() {
  static const Variables variables{{"PATH", "/yard:/daemon/bin"},
                                   {"KEY", "the daemon's"},
                                   {"TERM", "the daemon's"},
                                   {"YARDMASTER_INSTANCE", "ada"},
                                   {"YARDMASTER_TOKEN", "/state#7"}};
  return variables;
}

TEST(AgentEnvironment, in_a_window_is_the_given_one_but_for_the_terminals) {
  const Variables own{{"TERM", "screen"}, {"TMUX_PANE", "%3"}, {"KEY", "tmux's"}};
  Variables expected = launch();
  expected["TERM"] = "screen";
  expected["TMUX_PANE"] = "%3";
  EXPECT_EQ(window_environment(launch(), own), expected);
  EXPECT_FALSE(window_environment(launch(), {}).contains("TERM"));
}

TEST(AgentEnvironment, in_the_foreground_is_the_persons_own) {
  const Variables own{{"PATH", "/home/ada/bin:/bin"}, {"KEY", "secret"},
                      {"COLORTERM", "truecolor"},     {"YARDMASTER_CONFIG", "/home/ada/y.json"},
                      {"YARDMASTER_INSTANCE", "bob"}, {"TMUX", "/own,1,0"}};
  EXPECT_THAT(
      foreground_environment(launch(), own, "/opt/yard"),
      UnorderedElementsAre(std::pair("PATH", "/opt/yard:/home/ada/bin:/bin"),
                           std::pair("KEY", "secret"), std::pair("COLORTERM", "truecolor"),
                           std::pair("TMUX", "/own,1,0"), std::pair("YARDMASTER_INSTANCE", "ada"),
                           std::pair("YARDMASTER_TOKEN", "/state#7")));
}

TEST(AgentEnvironment, in_the_foreground_nothing_leads_to_another_place) {
  const Variables own{{"PATH", "/bin"},          {"GIT_DIR", "/elsewhere/.git"},
                      {"GIT_INDEX_FILE", "/x"},  {"GIT_CONFIG_COUNT", "1"},
                      {"GIT_CONFIG_KEY_0", "x"}, {"GIT_SSH_COMMAND", "ssh -i key"},
                      {"CLAUDECODE", "1"},       {"OLDPWD", "/elsewhere"}};
  EXPECT_THAT(foreground_environment({}, own, "/opt/yard"),
              UnorderedElementsAre(std::pair("PATH", "/opt/yard:/bin"),
                                   std::pair("GIT_SSH_COMMAND", "ssh -i key")));
}

TEST(AgentEnvironment, in_the_foreground_has_a_path_whatever_the_person_has) {
  EXPECT_EQ(foreground_environment({}, {}, "/opt/yard").at("PATH"),
            "/opt/yard:/usr/local/bin:/usr/bin:/bin");
}

}  // namespace
}  // namespace yardmaster::cli
