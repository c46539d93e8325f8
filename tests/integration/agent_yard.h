// A daemon with a repository and agents that are scripts of a shell, each its own: `spawn` starts
// one and ends with what the daemon answered. One thread; nothing of it stays.
#pragma once

#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/shell_quote.h"
#include "loadgen/real/remains.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {

class AgentYard : public testing::Test {
 protected:
  AgentYard() {
    make_repository(repository());
    configure(nlohmann::json::object());
  }

  ~AgentYard() override {
    daemon_->kill();
    const loadgen::Remains ended(tmux_socket(), daemon_->state_dir().string() + "#");
  }

  // Starts the daemon anew, as a fresh yard with these settings.
  void configure(const nlohmann::json& more,
                 const std::map<std::string, std::string>& environment = {}) {
    nlohmann::json config{
        {"agent_command", "sleep 600"},
        {"kill_grace", "1s"},
        {"settle_time", "200ms"},
        {"sweep_interval", "500ms"},
        {"agent_environment", {"YM=" + yardmaster_program(), "PLACE=" + scratch_.path().string()}}};
    config.update(more);
    daemon_.emplace(DaemonOptions{.config = config.dump(), .environment = environment});
    daemon_->call("add_repo", {{"name", "project"}, {"path", repository().string()}});
  }

  static std::string git(const std::filesystem::path& directory,
                         std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"git", "-C", directory.string(), "-c", "user.name=Ada", "-c",
                      "user.email=ada@example.org", "-c", "commit.gpgsign=false"});
    const auto result = run({.argv = arguments});
    EXPECT_EQ(result.status, 0) << arguments[9] << ": " << result.errors;
    return result.output;
  }

  static void make_repository(const std::filesystem::path& path) {
    std::filesystem::create_directories(path);
    git(path, {"init", "--quiet", "--initial-branch=main"});
    write_file(path / "README", "a project\n");
    git(path, {"add", "README"});
    git(path, {"commit", "--quiet", "--message=Begin"});
  }

  std::filesystem::path repository() const { return scratch_ / "project"; }
  std::string tmux_socket() const { return (daemon_->runtime_dir() / "tmux.sock").string(); }

  // The agent is /bin/sh with a script that knows $YM, the program, and $PLACE, the test's
  // directory; without one it sleeps.
  nlohmann::json request(const std::string& name, const std::string& role,
                         const std::string& script = {}) const {
    nlohmann::json asked{{"instance_id", name}, {"role", role}, {"repo", "project"}};
    if (!script.empty()) asked["agent_command"] = "sh -c " + shell_quote(script);
    return asked;
  }
  nlohmann::json spawn(const std::string& name, const std::string& role,
                       const std::string& script = {}) {
    return daemon_->call("allocate_instance", request(name, role, script));
  }

  nlohmann::json listed(const char* list, const std::string& name) const {
    const nlohmann::json all = daemon_->call("list_instances");
    for (const nlohmann::json& each : all.at(list)) {
      if (each.at("instance_id") == name) return each;
    }
    return nullptr;
  }
  bool lives(const std::string& name) const { return !listed("instances", name).is_null(); }
  bool waits(const std::string& name) const { return !listed("waiting", name).is_null(); }

  // Waits for the tombstone.
  nlohmann::json end_of(const std::string& name) const {
    nlohmann::json ended;
    EXPECT_TRUE(eventually([&] {
      const nlohmann::json gone{{"state", "gone"}, {"name", name}};
      const nlohmann::json all = daemon_->call("list_instances", gone).at("instances");
      if (!all.empty()) ended = all[0];
      return !all.empty();
    })) << name
        << " does not end";
    return ended;
  }

  // The bodies of the messages that are there for a name.
  std::vector<std::string> mail_of(const std::string& name) const {
    std::vector<std::string> bodies;
    const nlohmann::json listed = daemon_->call("list_messages", {{"instance_id", name}});
    for (const nlohmann::json& each : listed.at("messages")) {
      bodies.push_back(each.at("body").get<std::string>());
    }
    return bodies;
  }

  void kill_agent(const nlohmann::json& instance) const {
    ASSERT_EQ(::kill(instance.at("pid").get<pid_t>(), SIGKILL), 0);
  }

  TemporaryDirectory scratch_;
  std::optional<DaemonProcess> daemon_;
};

}  // namespace yardmaster::support
