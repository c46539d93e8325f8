// A yard of real agents whose models are played by model_api.js, on this machine's loopback alone:
// what would reach further goes to a proxy that there is not. A test says what the model answers
// (`rules`, see there) and waits for what it is asked. Without the agents, which ci/agents
// installs, such a test is skipped.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/integration/agent_yard.h"

namespace yardmaster::support {

class RealAgents : public AgentYard {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(agents())) {
      GTEST_SKIP() << "the agents are not installed; ci/agents says why";
    }
  }

  static std::filesystem::path agents() { return AGENTS_DIRECTORY; }

  // Starts the model and a fresh yard. `names` are the instances that there will be, in directories
  // which a person would have trusted.
  void begin(const nlohmann::json& rules, const std::vector<std::string>& names,
             const nlohmann::json& more = nlohmann::json::object()) {
    write_file(scratch_ / "rules.json", rules.dump());
    model_.emplace(ChildOptions{
        .argv = {"node", MODEL_API, scratch_ / "rules.json", (scratch_ / "requests").string()}});
    ASSERT_TRUE(eventually([&] { return !model_->output().empty(); })) << model_->errors();
    const std::string port = model_->output().substr(0, model_->output().find('\n'));
    install_programs();
    write_home("http://127.0.0.1:" + port);
    nlohmann::json config{{"agent_command", program("claude")},
                          {"agent_environment", environment("http://127.0.0.1:" + port)},
                          {"wake_after", "1s"}};
    config.update(more);
    configure(config);
    trust(names);
  }

  std::string program(const std::string& name) const { return (scratch_ / name).string(); }

  // Everything that the model was asked by an agent since it spoke last, a text for each request.
  std::vector<std::string> asked_by(const std::string& agent) const {
    std::vector<std::string> asked;
    std::istringstream lines(read_file(scratch_ / "requests"));
    for (std::string line; std::getline(lines, line);) {
      const auto request = nlohmann::json::parse(line, nullptr, false);
      if (request.is_discarded() || !request.value("tools", false)) continue;
      if (request.value("agent", "") == agent) asked.push_back(request.at("new"));
    }
    return asked;
  }
  bool is_asked(const std::string& agent, const std::string& text) const {
    return eventually(
        [&] {
          return std::ranges::any_of(asked_by(agent), [&](const std::string& each) {
            return each.find(text) != std::string::npos;
          });
        },
        Deadline(patience));
  }
  bool becomes(const std::string& name, const std::string& state) const {
    return eventually(
        [&] {
          const nlohmann::json found = listed("instances", name);
          return !found.is_null() && found.at("state") == state;
        },
        Deadline(patience));
  }
  bool user_gets(const std::string& text) const {
    return eventually(
        [&] {
          return std::ranges::any_of(mail_of("user"), [&](const std::string& body) {
            return body.find(text) != std::string::npos;
          });
        },
        Deadline(patience));
  }
  nlohmann::json summary_of(const std::string& name) const {
    EXPECT_TRUE(eventually([&] { return !lives(name); }, Deadline(patience))) << screen_of(name);
    return end_of(name).value("summary", "");
  }
  void send(const std::string& to, const std::string& body) const {
    daemon_->call("send_message", {{"from", "user"}, {"to", to}, {"body", body}});
  }
  void start(const std::string& name, const std::string& agent_command, const std::string& task) {
    nlohmann::json asked = request(name, "worker");
    asked["agent_command"] = agent_command;
    asked["task"] = task;
    daemon_->call("allocate_instance", asked);
  }

  // What a person would see, for the message of a test that fails.
  std::string screen_of(const std::string& name) const {
    const nlohmann::json found = listed("instances", name);
    const std::string pane = found.is_null() ? "" : found.value("tmux_pane", "");
    const auto shown = run({.argv = {"tmux", "-S", tmux_socket(), "capture-pane", "-p", "-t",
                                     pane.empty() ? name : pane}});
    return shown.output + shown.errors + read_file(scratch_ / "requests");
  }

  // Agents take seconds to start, and much longer beside others.
  static constexpr std::chrono::seconds patience{100};

 private:
  static constexpr const char* key = "sk-local-stand-in";

  void install_programs() const {
    const std::map<std::string, std::filesystem::path> places{
        {"claude", agents() / "@anthropic-ai/claude-code-linux-x64/claude"},
        {"codex", agents() / "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"},
        {"opencode", agents() / "opencode-linux-x64-baseline/bin/opencode"}};
    for (const auto& [name, place] : places) std::filesystem::create_symlink(place, program(name));
    write_file(program("gemini"), "#!/bin/sh\nexec node " +
                                      (agents() / "@google/gemini-cli/bundle/gemini.js").string() +
                                      " \"$@\"\n");
    std::filesystem::permissions(program("gemini"), std::filesystem::perms::owner_all);
  }

  std::filesystem::path home() const { return scratch_ / "home"; }

  nlohmann::json environment(const std::string& model) const {
    const std::string nowhere = "http://127.0.0.1:9";
    const std::string secret = key;
    return {"YM=" + yardmaster_program(),
            "PLACE=" + scratch_.path().string(),
            "HOME=" + home().string(),
            "HTTP_PROXY=" + nowhere,
            "HTTPS_PROXY=" + nowhere,
            "NO_PROXY=127.0.0.1,localhost",
            "ANTHROPIC_BASE_URL=" + model,
            "ANTHROPIC_API_KEY=" + secret,
            "DISABLE_AUTOUPDATER=1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
            "CODEX_HOME=" + (home() / ".codex").string(),
            "MODEL_KEY=" + secret,
            "GEMINI_API_KEY=" + secret,
            "GOOGLE_GEMINI_BASE_URL=" + model,
            "GEMINI_CLI_TRUST_WORKSPACE=true",
            "OPENCODE_DISABLE_MODELS_FETCH=1",
            "OPENCODE_DISABLE_AUTOUPDATE=1"};
  }

  void write_home(const std::string& model) const {
    for (const char* folder : {".codex", ".gemini", ".config/opencode"}) {
      std::filesystem::create_directories(home() / folder);
    }
    write_file(
        home() / ".codex/config.toml",
        "model = \"gpt-5\"\nmodel_provider = \"local\"\ncheck_for_update_on_startup = false\n"
        "[analytics]\nenabled = false\n[model_providers.local]\nname = \"local\"\n"
        "base_url = \"" +
            model + "/v1\"\nenv_key = \"MODEL_KEY\"\nwire_api = \"responses\"\n");
    write_file(home() / ".gemini/settings.json", R"({
      "model": {"name": "gemini-2.5-pro"},
      "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": false}},
      "general": {"enableAutoUpdate": false, "enableAutoUpdateNotification": false},
      "telemetry": {"enabled": false}, "privacy": {"usageStatisticsEnabled": false}})");
    // opencode looks for a package of its own, and waits for what becomes of that.
    write_file(home() / ".npmrc", "registry=" + model + "/\nfetch-retries=0\n");
    const nlohmann::json provider{{"anthropic", {{"options", {{"baseURL", model + "/v1"}}}}}};
    write_file(home() / ".config/opencode/opencode.json",
               nlohmann::json{{"model", "anthropic/claude-sonnet-4-5"},
                              {"small_model", "anthropic/claude-sonnet-4-5"},
                              {"share", "disabled"},
                              {"autoupdate", false},
                              {"provider", provider}}
                   .dump());
  }

  void trust(const std::vector<std::string>& names) const {
    nlohmann::json projects{{repository().string(), {{"hasTrustDialogAccepted", true}}}};
    std::string codex = read_file(home() / ".codex/config.toml");
    for (const std::string& name : names) {
      const auto place = daemon_->state_dir() / "worktrees" / "project" / name;
      projects[place.string()] = {{"hasTrustDialogAccepted", true}};
      codex += "[projects.\"" + place.string() + "\"]\ntrust_level = \"trusted\"\n";
    }
    write_file(home() / ".codex/config.toml", codex);
    write_file(home() / ".claude.json",
               nlohmann::json{{"hasCompletedOnboarding", true},
                              {"theme", "dark"},
                              {"projects", projects},
                              {"customApiKeyResponses", {{"approved", {key}}}}}
                   .dump());
  }

  std::optional<ChildProcess> model_;
};

}  // namespace yardmaster::support
