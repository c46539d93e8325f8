// The parts that the configuration can switch off: what an agent gets without them, and what people
// are told.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "loadgen/real/agent_options.h"
#include "loadgen/real/remains.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;

// A role with an MCP server, so that there is something to be written of each kind.
constexpr const char* roles = R"({
  "mcp_servers": {"issues": {"command": "issue-server"}},
  "roles": {"worker": {"mcp_servers": ["issues"]}}
})";

class SwitchedOff : public testing::Test {
 protected:
  SwitchedOff() {
    fs::create_directories(repository());
    git({"init", "--quiet", "--initial-branch=main"});
    write_file(repository() / "README", "a project\n");
    git({"add", "README"});
    git({"commit", "--quiet", "--message=Begin"});
    write_file(scratch_ / "roles.json", roles);
  }
  ~SwitchedOff() override {
    if (!daemon_) return;
    daemon_->kill();
    const loadgen::Remains ended(tmux_socket(), daemon_->state_dir().string() + "#");
  }

  void start_with(const std::map<std::string, bool>& parts) {
    json config{{"kill_grace", "1s"},
                {"roles_file", (scratch_ / "roles.json").string()},
                {"agent_command", loadgen::agent_command(loadgen_program(),
                                                         {"--owner", std::to_string(::getpid())})}};
    for (const auto& [part, is_on] : parts) config[part] = is_on;
    write_file(config_file(), config.dump());
    daemon_.emplace(DaemonOptions{.config = config.dump()});
    daemon_->call("add_repo", {{"path", repository().string()}, {"name", "project"}});
  }

  std::string git(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"git", "-C", repository().string(), "-c", "user.name=Ada",
                                         "-c", "user.email=ada@example.org"});
    const auto result = run({.argv = arguments});
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.output;
  }

  // The worktree of a new instance.
  fs::path spawn() {
    const json instance = daemon_->call(
        "allocate_instance", {{"instance_id", "ada"}, {"role", "worker"}, {"repo", "project"}});
    return instance["worktree_path"].get<std::string>();
  }
  // An empty object when there is no such file.
  static json json_in(const fs::path& file) {
    return fs::exists(file) ? json::parse(read_file(file)) : json::object();
  }
  static json settings_in(const fs::path& worktree) {
    return json_in(worktree / ".claude/settings.local.json");
  }

  json instances() { return daemon_->call("list_instances")["instances"]; }
  void expect_nothing_left() {
    EXPECT_TRUE(eventually([&] { return instances().empty(); }));
    EXPECT_THAT(git({"branch", "--list", "instance/*"}), "");
    const std::string worktrees = git({"worktree", "list"});
    EXPECT_EQ(std::count(worktrees.begin(), worktrees.end(), '\n'), 1) << worktrees;
  }

  fs::path repository() const { return scratch_ / "project"; }
  fs::path config_file() const { return scratch_ / "config.json"; }
  fs::path tmux_socket() const { return daemon_->runtime_dir() / "tmux.sock"; }

  TemporaryDirectory scratch_;
  std::optional<DaemonProcess> daemon_;
};

TEST_F(SwitchedOff, nothing_is_unless_the_configuration_says_so) {
  start_with({});
  const fs::path worktree = spawn();
  EXPECT_EQ(json_in(worktree / ".claude/instance.json")["instance_id"], "ada");
  EXPECT_TRUE(settings_in(worktree).contains("hooks"));
  EXPECT_EQ(settings_in(worktree)["enabledMcpjsonServers"], json::array({"issues"}));
  EXPECT_TRUE(json_in(worktree / ".mcp.json")["mcpServers"].contains("issues"));
  EXPECT_TRUE(fs::exists(tmux_socket()));
}

TEST_F(SwitchedOff, without_hooks_none_are_written) {
  start_with({{"hooks", false}});
  const fs::path worktree = spawn();
  EXPECT_FALSE(settings_in(worktree).contains("hooks"));
  EXPECT_TRUE(settings_in(worktree).contains("enabledMcpjsonServers"));
  EXPECT_TRUE(fs::exists(worktree / ".mcp.json"));
  EXPECT_TRUE(fs::exists(worktree / ".claude/instance.json"));
}

TEST_F(SwitchedOff, without_mcp_files_no_server_is_named) {
  start_with({{"mcp_files", false}});
  const fs::path worktree = spawn();
  EXPECT_FALSE(fs::exists(worktree / ".mcp.json"));
  EXPECT_FALSE(settings_in(worktree).contains("enabledMcpjsonServers"));
  EXPECT_TRUE(settings_in(worktree).contains("hooks"));
  EXPECT_TRUE(fs::exists(worktree / ".claude/instance.json"));
}

TEST_F(SwitchedOff, without_both_the_agents_settings_are_left_alone) {
  start_with({{"hooks", false}, {"mcp_files", false}});
  const fs::path worktree = spawn();
  EXPECT_FALSE(fs::exists(worktree / ".claude/settings.local.json"));
  EXPECT_TRUE(fs::exists(worktree / ".claude/instance.json"));
}

TEST_F(SwitchedOff, without_tmux_a_spawn_says_how_to_go_on_and_leaves_nothing) {
  start_with({{"tmux", false}});
  const auto refused = daemon_->command({"spawn", "worker", "--repo", "project"});
  EXPECT_EQ(refused.status, 1) << refused.output;
  EXPECT_EQ(std::count(refused.errors.begin(), refused.errors.end(), '\n'), 1) << refused.errors;
  EXPECT_THAT(refused.errors, HasSubstr("tmux is switched off"));
  EXPECT_THAT(refused.errors, HasSubstr("--foreground"));
  expect_nothing_left();
  EXPECT_FALSE(fs::exists(tmux_socket()));
}

TEST_F(SwitchedOff, without_tmux_an_agent_runs_in_the_foreground) {
  start_with({{"tmux", false}});
  auto argv = daemon_->directories();
  argv.insert(argv.begin(),
              {yardmaster_program(), "spawn", "worker", "--repo", "project", "--foreground"});
  ChildProcess agent({.argv = argv});
  ASSERT_TRUE(eventually([&] {
    return agent.output().find("simulated agent") != std::string::npos;
  })) << agent.errors();
  ASSERT_EQ(instances().size(), 1U);
  EXPECT_EQ(instances()[0]["pid"], agent.pid());
  EXPECT_FALSE(fs::exists(tmux_socket()));
  agent.signal(SIGTERM);
  EXPECT_TRUE(agent.wait().has_value());
  expect_nothing_left();
}

TEST_F(SwitchedOff, doctor_says_what_does_not_work_without_them) {
  start_with({{"tmux", false}, {"hooks", false}, {"mcp_files", false}});
  const auto result = daemon_->command({"doctor", "--json", "--config", config_file().string()});
  std::map<std::string, json> findings;
  const json printed = json::parse(result.output);
  for (const json& each : printed.at("findings")) {
    findings[each["name"].get<std::string>()] = each;
  }
  for (const auto& [name, key] : std::map<std::string, std::string>{
           {"windows", "tmux"}, {"agents' hooks", "hooks"}, {"MCP files", "mcp_files"}}) {
    ASSERT_TRUE(findings.contains(name)) << result.output;
    EXPECT_EQ(findings[name]["health"], "warn");
    EXPECT_THAT(findings[name]["what"].get<std::string>(), HasSubstr("switched off"));
    EXPECT_THAT(findings[name]["remedy"].get<std::string>(), HasSubstr(key));
  }
}

}  // namespace
}  // namespace yardmaster::support
