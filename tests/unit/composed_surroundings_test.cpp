// What agents have around them is the same whoever starts the daemon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/surroundings.h"

namespace yardmaster {
namespace {

using testing::Contains;
using testing::Key;
using testing::Pair;
using testing::UnorderedElementsAre;

const UserEntry& ada() {
  static const UserEntry user{"ada", "/home/ada", "/bin/zsh"};
  return user;
}

const Surroundings& hostile_caller() {
  static const Surroundings variables{{"GIT_DIR", "/elsewhere/.git"},
                                      {"GIT_INDEX_FILE", "/elsewhere/index"},
                                      {"GIT_CONFIG_COUNT", "1"},
                                      {"GIT_CONFIG_KEY_0", "core.editor"},
                                      {"CLAUDECODE", "1"},
                                      {"NODE_OPTIONS", "--require /x"},
                                      {"VIRTUAL_ENV", "/venv"},
                                      {"PYTHONPATH", "/x"},
                                      {"LD_PRELOAD", "/x.so"},
                                      {"PWD", "/gone"},
                                      {"TMUX", "/tmp/tmux-0/default,1,0"},
                                      {"TMPDIR", "/gone"},
                                      {"HOME", "/root"},
                                      {"PATH", "/venv/bin:."},
                                      {"LANG", "tlh"},
                                      {"LC_ALL", "tlh"},
                                      {"YARDMASTER_POSTGRES", "password=x"},
                                      {"YARDMASTER_TOKEN", "/state#1"},
                                      {"API_KEY", "sesame"},
                                      {"LC_TIME", "de_DE"}};
  return variables;
}

TEST(ComposedSurroundings, have_nothing_of_the_caller) {
  const Surroundings composed = compose_surroundings(Config{}, hostile_caller(), ada());
  EXPECT_EQ(composed, compose_surroundings(Config{}, {}, ada())) << "as from cron";
  EXPECT_THAT(composed, UnorderedElementsAre(
                            Pair("HOME", "/home/ada"), Pair("USER", "ada"), Pair("LOGNAME", "ada"),
                            Pair("SHELL", "/bin/zsh"), Pair("LANG", "C.UTF-8"),
                            Pair("PATH",
                                 "/home/ada/.local/bin:/home/ada/bin:/usr/local/bin:"
                                 "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin")));
}

TEST(ComposedSurroundings, have_what_the_settings_name) {
  Config config;
  config.agent_environment = {"API_KEY",          "NOT_SET", "LC_*",
                              "LANG=fr_FR.UTF-8", "EMPTY=",  "YARDMASTER_TOKEN",
                              "YARDMASTER_TASK=x"};
  config.agent_path = {"/opt/node/bin", "~/tools"};
  const Surroundings composed = compose_surroundings(config, hostile_caller(), ada());
  EXPECT_THAT(composed, Contains(Pair("API_KEY", "sesame")));
  EXPECT_THAT(composed, Contains(Pair("LC_TIME", "de_DE")));
  EXPECT_THAT(composed, Contains(Pair("LANG", "fr_FR.UTF-8")));
  EXPECT_THAT(composed, Contains(Pair("EMPTY", "")));
  EXPECT_TRUE(
      composed.at("PATH").starts_with("/opt/node/bin:/home/ada/tools:/home/ada/.local/bin:"));
  for (const char* name : {"NOT_SET", "YARDMASTER_TOKEN", "YARDMASTER_TASK", "GIT_DIR"}) {
    EXPECT_THAT(composed, testing::Not(Contains(Key(name))));
  }
}

TEST(ComposedSurroundings, of_who_is_in_no_password_database_have_a_home) {
  EXPECT_FALSE(this_user({}).home.empty());
}

}  // namespace
}  // namespace yardmaster
