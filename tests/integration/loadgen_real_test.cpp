// Whole runs of the load generator on real instances: what it measures, what it finds, and that
// nothing of it stays, however it ends. No test here asks for a speed.
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "loadgen/real/outside_view.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class LoadgenReal : public testing::Test {
 protected:
  ChildProcess start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {loadgen_program(), "--resources", "real"});
    arguments.insert(arguments.end(),
                     {"--repo-files", "50", "--json", "--report", (place_ / "report").string(),
                      "--directory", state().string()});
    return ChildProcess({.argv = std::move(arguments)});
  }

  std::filesystem::path state() const {
    std::filesystem::create_directories(place_ / "private");
    return place_ / "private";
  }

  // Tokens begin with the coordinator's state directory.
  bool nothing_runs() const { return loadgen::processes_with_token(state().string()).empty(); }

  // Returns the private coordinator's directory.
  std::filesystem::path runtime_directory() const {
    for (const auto& name : loadgen::entries_of(state())) {
      const auto config = read_file(state() / name / "config.json");
      if (!config.empty()) return json::parse(config).at("runtime_dir").get<std::string>();
    }
    throw std::runtime_error("there is no private coordinator");
  }

  json measure(std::vector<std::string> arguments) {
    auto load = start(std::move(arguments));
    const auto status = load.wait(Deadline(120s));
    EXPECT_TRUE(status.has_value()) << load.errors();
    EXPECT_TRUE(std::filesystem::is_empty(state())) << "state was left behind";
    EXPECT_TRUE(nothing_runs());
    return json::parse(load.output()).at("runs").at(0);
  }

  TemporaryDirectory place_;
};

TEST_F(LoadgenReal, instances_end_in_every_way_and_leave_nothing) {
  const auto run = measure({"--instances", "3", "--duration", "8s", "--churn-edited", "0.5"});
  EXPECT_EQ(run.at("audit").at("orphans"), 0) << run.at("real_instances");
  EXPECT_EQ(run.at("audit").at("lost"), 0) << run.at("real_instances");
  EXPECT_TRUE(run.at("errors").empty()) << run.at("errors");
  const auto& endings = run.at("real_instances").at("endings");
  for (const char* kind : {"agent", "window", "exit", "crash", "children", "release", "hang",
                           "stubborn", "stillborn"}) {
    EXPECT_GT(endings.value(kind, 0), 0) << kind << ": " << endings;
  }
  for (const char* name : {"write", "startup", "cleanup", "cleanup_rescue", "cleanup_grace"}) {
    EXPECT_GT(run.at("measurements").at(name).at("count").get<int>(), 0) << name;
  }
}

TEST_F(LoadgenReal, bursts_start_all_instances_at_once) {
  const auto run = measure({"--scenario", "spawn-burst", "--instances", "5", "--duration", "6s"});
  EXPECT_EQ(run.at("audit").at("orphans"), 0) << run.at("real_instances");
  EXPECT_TRUE(run.at("errors").empty()) << run.at("errors");
  EXPECT_EQ(run.at("measurements").at("spawn_burst").at("count"), 2);
  EXPECT_EQ(run.at("measurements").at("startup").at("count"), 10);
}

TEST_F(LoadgenReal, idle_instances_are_checked_instead_of_timed) {
  const auto run = measure({"--scenario", "idle", "--instances", "3", "--duration", "2s"});
  ASSERT_EQ(run.at("checks").size(), 2U) << run;
  EXPECT_EQ(run.at("checks").at(0).at("name"), "processes_spawned");
  EXPECT_EQ(run.at("checks").at(0).at("value"), 0);
  EXPECT_TRUE(run.at("targets").empty());
  EXPECT_EQ(run.at("arrivals"), "none");
}

TEST_F(LoadgenReal, a_signal_ends_agents_and_tmux_too) {
  auto load = start({"--instances", "3", "--duration", "300s"});
  ASSERT_TRUE(eventually([&] { return load.errors().find("measuring") != std::string::npos; }));
  EXPECT_FALSE(nothing_runs());
  load.signal(SIGINT);
  ASSERT_TRUE(load.wait(Deadline(60s)).has_value());
  EXPECT_TRUE(nothing_runs());
  EXPECT_TRUE(std::filesystem::is_empty(state()));
}

TEST_F(LoadgenReal, agents_end_by_themselves_when_the_generator_is_killed) {
  auto load = start({"--instances", "3", "--duration", "300s"});
  ASSERT_TRUE(eventually([&] { return load.errors().find("measuring") != std::string::npos; }));
  const auto runtime = runtime_directory();
  load.kill();
  EXPECT_TRUE(eventually([&] { return nothing_runs(); }));
  EXPECT_TRUE(loadgen::panes(runtime / "tmux.sock").empty());
  std::filesystem::remove_all(runtime);  // nobody else was left to do it
}

}  // namespace
}  // namespace yardmaster::support
