#include "coordinator/broker/commands/wire_values.h"

#include <gtest/gtest.h>

#include "coordinator/base/json.h"

namespace yardmaster {
namespace {

using nlohmann::json;

Instance ada() {
  Instance instance;
  instance.name = "ada";
  instance.repo = "engine";
  instance.branch = "instance/ada";
  instance.base_branch = "main";
  instance.tmux_session = "yard-engine";
  instance.tmux_window = "ada";
  instance.session_id = "5e55";
  instance.log_path = "/state/logs/ada.log";
  instance.process = ProcessIdentity{42, 4242, "boot"};
  instance.state = InstanceState::running;
  return instance;
}

TEST(WireValues, an_allocation_says_where_the_instance_is) {
  const json shown = allocation_json(ada());
  EXPECT_EQ(shown.at("instance_id"), "ada");
  EXPECT_EQ(shown.at("repo"), "engine");
  EXPECT_EQ(shown.at("branch"), "instance/ada");
  EXPECT_EQ(shown.at("base_branch"), "main");
  EXPECT_EQ(shown.at("tmux_session"), "yard-engine");
  EXPECT_EQ(shown.at("tmux_window"), "ada");
  EXPECT_EQ(shown.at("session_id"), "5e55");
  EXPECT_EQ(shown.at("log_path"), "/state/logs/ada.log");
  EXPECT_EQ(shown.at("pid"), 42);
  EXPECT_EQ(shown.at("state"), "running");
}

TEST(WireValues, only_an_instance_that_has_ended_says_how) {
  Instance instance = ada();
  EXPECT_FALSE(instance_json(instance).contains("exit_status"));
  instance.state = InstanceState::gone;
  instance.end_reason = "process died";
  instance.exit_status = "signal 9";
  instance.last_output = std::string("\xff\0 bye", 6);
  instance.rescue = {"refs/yardmaster/rescue/ada/1", "/state/rescue/ada-1"};
  const json shown = json::parse(to_text(instance_json(instance)));
  EXPECT_EQ(shown.at("reason"), "process died");
  EXPECT_EQ(shown.at("exit_status"), "signal 9");
  EXPECT_EQ(shown.at("rescue"), json(instance.rescue));
  EXPECT_EQ(shown.at("last_output").get<std::string>(), std::string("\xef\xbf\xbd\0 bye", 8));
}

}  // namespace
}  // namespace yardmaster
