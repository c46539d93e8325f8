// `help` tells more of each verb, and of the protocol.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using ::testing::StartsWith;

class HelpVerb : public testing::Test {
 protected:
  static std::string told(const std::vector<std::string>& words) {
    const Finished finished = run_yardmaster(words);
    EXPECT_EQ(finished.status, 0) << finished.errors;
    return finished.output;
  }
};

TEST_F(HelpVerb, tells_the_same_as_the_flag) {
  EXPECT_EQ(told({"help"}), told({"--help"}));
  EXPECT_EQ(told({"help", "ls"}), told({"ls", "--help"}));
  EXPECT_EQ(told({"help", "handoff", "accept"}), told({"handoff", "accept", "--help"}));
  EXPECT_EQ(told({"help", "daemon", "start"}), told({"daemon", "start", "--help"}));
}

TEST_F(HelpVerb, names_what_was_meant) {
  const Finished finished = run_yardmaster({"help", "spwan"});
  EXPECT_EQ(finished.status, 2);
  EXPECT_EQ(finished.errors,
            "yardmaster: unknown command 'spwan'; did you mean spawn? (see yardmaster --help)\n");
  EXPECT_EQ(run_yardmaster({"help", "hook"}).status, 2) << "that is not for people";
}

TEST_F(HelpVerb, tells_the_whole_protocol) {
  EXPECT_THAT(told({"help", "protocol"}), StartsWith("# The protocol\n"));
}

}  // namespace
}  // namespace yardmaster::support
