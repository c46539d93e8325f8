// A yard whose state directory, runtime directory and database tests move, remove and share. One
// thread; what it started is ended with it.
#pragma once

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "loadgen/real/outside_view.h"
#include "loadgen/real/remains.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {

// The arguments and variables that a yard is started with and asked by.
struct Call {
  std::vector<std::string> places = {};
  std::map<std::string, std::string> environment = {};
};

class YardIdentity : public testing::Test {
 protected:
  YardIdentity() {
    make_repository();
    configure("200ms");
  }

  ~YardIdentity() override {
    daemons_.clear();
    for (const std::filesystem::path& socket : tmux_sockets_) {
      const loadgen::Remains ended(socket, scratch_.path().string());
    }
  }

  void configure(const std::string& sweep) {
    const nlohmann::json config{{"agent_command", "sh -c 'echo begun; exec sleep 300'"},
                                {"kill_grace", "1s"},
                                {"settle_time", "200ms"},
                                {"sweep_interval", sweep}};
    write_file(scratch_ / "config.json", config.dump());
  }

  void make_repository() {
    const std::string path = repository();
    std::filesystem::create_directories(path);
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"init", "--quiet", "--initial-branch=main"},
          std::vector<std::string>{"commit", "--quiet", "--allow-empty", "--message=Begin"}}) {
      std::vector<std::string> argv{
          "git", "-C", path, "-c", "user.name=Ada", "-c", "user.email=ada@example.org"};
      argv.insert(argv.end(), words.begin(), words.end());
      ASSERT_EQ(run({.argv = argv}).status, 0);
    }
  }

  std::string repository() const { return (scratch_ / "project").string(); }
  std::filesystem::path state(const std::string& name = "a") const { return scratch_ / name; }
  static std::filesystem::path worktree(const std::filesystem::path& state_dir) {
    return state_dir / "worktrees" / "project" / "worker-1";
  }

  // A yard by its state directory and, as if it were set, XDG_RUNTIME_DIR.
  Call yard(const std::string& name, const std::string& xdg_runtime_dir = {}) const {
    return {{"--state-dir", state(name).string()},
            {{"XDG_RUNTIME_DIR",
              xdg_runtime_dir.empty() ? std::string() : (scratch_ / xdg_runtime_dir).string()}}};
  }
  Call with(Call call, const std::vector<std::string>& more) const {
    call.places.insert(call.places.end(), more.begin(), more.end());
    return call;
  }

  std::map<std::string, std::string> environment_of(const Call& call) const {
    std::map<std::string, std::string> environment = call.environment;
    environment["YARDMASTER_CONFIG"] = (scratch_ / "config.json").string();
    environment["HOME"] = scratch_.path().string();
    return environment;
  }
  Finished ask(const Call& call, std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), call.places.begin(), call.places.end());
    return run_yardmaster(arguments, environment_of(call));
  }
  std::string output(const Call& call, const std::vector<std::string>& arguments) const {
    const Finished finished = ask(call, arguments);
    EXPECT_EQ(finished.status, 0) << arguments[0] << ": " << finished.errors;
    return finished.output;
  }
  nlohmann::json told(const Call& call, std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    return nlohmann::json::parse(output(call, arguments));
  }

  void start(const Call& call, const std::vector<std::string>& more = {}) {
    std::vector<std::string> argv{yardmaster_program(), "start", "--foreground"};
    argv.insert(argv.end(), call.places.begin(), call.places.end());
    argv.insert(argv.end(), more.begin(), more.end());
    ChildProcess& daemon =
        daemons_.emplace_back(ChildOptions{.argv = argv, .environment = environment_of(call)});
    const auto serves = [&] { return !daemon.running() || ask(call, {"status"}).status == 0; };
    ASSERT_TRUE(eventually(serves) && daemon.running()) << daemon.errors();
    const nlohmann::json status = told(call, {"status"});
    tmux_sockets_.emplace_back(status["tmux"]["socket"].get<std::string>());
  }
  void stop(const Call& call) {
    output(call, {"stop"});
    EXPECT_EQ(daemons_.back().wait().value_or(-1), 0);
  }
  // In one line, and nothing has begun.
  std::string refusal(const Call& call, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"start", "--foreground"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished start = ask(call, arguments);
    EXPECT_EQ(start.status, 1) << start.errors;
    EXPECT_EQ(std::count(start.errors.begin(), start.errors.end(), '\n'), 1) << start.errors;
    return start.errors;
  }

  pid_t spawn(const Call& call) {
    if (told(call, {"repo", "ls"})["repos"].empty()) output(call, {"repo", "add", repository()});
    output(call, {"spawn", "worker", "--name", "worker-1", "--repo", "project"});
    return agent(call);
  }
  pid_t agent(const Call& call) const {
    const nlohmann::json listed = told(call, {"ls"});
    for (const nlohmann::json& each : listed.at("instances")) {
      if (each["instance_id"] == "worker-1") return each["pid"].get<pid_t>();
    }
    return 0;
  }
  void expect_takes_up(const Call& call, pid_t pid) {
    ASSERT_NO_FATAL_FAILURE(start(call));
    EXPECT_EQ(agent(call), pid);
    EXPECT_TRUE(loadgen::is_running(pid));
  }

  TemporaryDirectory scratch_;
  std::list<ChildProcess> daemons_;
  std::vector<std::filesystem::path> tmux_sockets_;
};

}  // namespace yardmaster::support
