#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

#include <sqlite3.h>

#include "coordinator/base/error.h"
#include "coordinator/base/store_kind.h"
#include "coordinator/base/yard_record.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/doctor/doctor.h"
#include "coordinator/cli/doctor/doctor_facts.h"
#include "coordinator/cli/doctor/findings.h"
#include "coordinator/cli/doctor/program_output.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/yard_connection.h"
#include "coordinator/daemon/daemon_lock.h"
#include "coordinator/instances/roles/agent_command.h"
#include "coordinator/instances/roles/roles.h"
#include "coordinator/store/sqlite_inspection.h"

namespace yardmaster::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr auto program_timeout = std::chrono::seconds(5);
constexpr auto daemon_timeout = std::chrono::seconds(5);
constexpr auto inspection_timeout = std::chrono::seconds(10);

struct Part {
  const char* name;
  const char* key;
  bool Config::*on;
  const char* loses;
};

constexpr Part parts[] = {
    {"windows", "tmux", &Config::tmux, "agents run only in your terminal ('spawn --foreground')"},
    {"agents' hooks", "hooks", &Config::hooks, "whether an agent is busy or idle is not known"},
    {"MCP files", "mcp_files", &Config::mcp_files, "agents do not get their role's MCP servers"},
};

// Asks a daemon, if there is one that answers.
class DaemonView {
 public:
  explicit DaemonView(const Config& config) : holder_(lock_holder(config.paths().lock())) {
    try {
      Client client = connect_to_yard(config, daemon_timeout);
      status_ = client.call("status", json::object(), daemon_timeout);
      repositories_ = client.list("list_repos", "repos", json::object(), daemon_timeout);
    } catch (const Error&) {
      return;  // facts that it did not give stay empty
    }
  }

  const std::optional<pid_t>& holder() const { return holder_; }
  const json& status() const { return status_; }
  const json& repositories() const { return repositories_; }
  std::optional<bool> has_part(const char* key) const {
    const auto features = status_.find("features");
    if (features == status_.end() || !features->contains(key)) return std::nullopt;
    const json& value = features->at(key);
    return value.is_boolean() ? std::optional<bool>(value.get<bool>()) : std::nullopt;
  }

 private:
  std::optional<pid_t> holder_;
  json status_;
  json repositories_ = json::array();
};

std::optional<LoadedConfig> load(const Places& places, std::string& failure) {
  try {
    return places.load();
  } catch (const Error& error) {
    failure = error.what();
    return std::nullopt;
  }
}

std::string origin_of(const LoadedConfig& loaded, const std::string& key) {
  const auto found = std::find_if(loaded.values.begin(), loaded.values.end(),
                                  [&key](const ConfigValue& value) { return value.key == key; });
  return found == loaded.values.end() ? "" : found->origin;
}

Finding inspect_part(const LoadedConfig& loaded, const DaemonView& daemon, const Part& part) {
  return check_part({part.name, part.key, loaded.config.*part.on, origin_of(loaded, part.key),
                     part.loses, daemon.has_part(part.key)});
}

Finding inspect_roles(const Config& config) {
  std::string failure;
  try {
    Roles::load(config.roles_file);
  } catch (const Error& error) {
    failure = error.what();
  }
  std::error_code ignored;
  return check_roles(config.roles_file, fs::exists(config.roles_file, ignored), failure);
}

// Keys and ways out that agents and git often take from a shell.
constexpr const char* often_needed[] = {
    "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN",
    "OPENAI_API_KEY",    "SSH_AUTH_SOCK",        "HTTPS_PROXY",
    "https_proxy"};

void add_name(std::string& list, const std::string& name) {
  list += (list.empty() ? "" : ", ") + name;
}

Finding inspect_surroundings(const Config& config, const Surroundings& agents) {
  SurroundingsFacts facts;
  for (const auto& [name, value] : agents) add_name(facts.variables, name);
  facts.path = agents.count("PATH") > 0 ? agents.at("PATH") : "";
  facts.file_mask = config.agent_umask;
  for (const std::string& entry : config.agent_environment) {
    const std::string name = entry.substr(0, entry.find('='));
    if (!name.ends_with('*') && agents.count(name) == 0) add_name(facts.wanting, name);
  }
  for (const char* name : often_needed) {
    if (process_environment(name) && agents.count(name) == 0) add_name(facts.unpassed, name);
  }
  return check_surroundings(facts);
}

// The agent command is checked as spawn checks it.
Finding inspect_agent_command(const Config& config, const Surroundings& agents) {
  AgentFacts facts;
  facts.instance = "NAME";
  facts.worktree = config.paths().worktree("REPO", facts.instance);
  std::string program;
  std::string failure;
  try {
    const AgentKind kind = kind_of_command(built_in_agent_kinds(), config.agent_command);
    const std::vector<std::string> words = agent_argv(kind, config.agent_command, facts);
    const auto path = agents.find("PATH");
    if (path == agents.end()) throw Error(ErrorCode::not_found, "agents have no PATH");
    program = require_program(words.front(), path->second).string();
  } catch (const Error& error) {
    failure = error.what();
  }
  return check_agent_command(program, failure);
}

// A server's database is that server's to look after.
std::optional<Finding> inspect_store_file(const Config& config) {
  if (traits_of(config.store_kind()).has_server) return std::nullopt;
  DatabaseFacts facts;
  facts.file = config.paths().database();
  std::error_code ignored;
  facts.exists = fs::exists(facts.file, ignored);
  try {
    const std::optional<YardRecord> yard = read_yard_record(config.state_dir);
    facts.had_one = yard && yard->store == config.store;
  } catch (const Error&) {
    facts.had_one = true;  // a record that cannot be read is one
  }
  if (facts.exists) {
    const DatabaseInspection inspection = inspect_database(facts.file, inspection_timeout);
    facts.damage = inspection.damage;
    facts.is_complete = inspection.is_complete;
  }
  return check_database(facts);
}

void inspect_places(const LoadedConfig& loaded, std::vector<Finding>& findings) {
  const Config& config = loaded.config;
  const unsigned sockets_mode = config.socket_group.empty() ? 0700 : 0750;
  const auto state = read_directory("state directory", config.state_dir, 0700);
  const auto sockets = read_directory("socket directory", config.runtime_dir, sockets_mode);
  const auto worktrees = read_directory("worktrees", config.paths().worktrees(), 0777);
  findings.push_back(check_permissions(state));
  findings.push_back(check_file_system(state));
  findings.push_back(check_free_space(state));
  findings.push_back(check_free_space(worktrees));
  findings.push_back(check_permissions(sockets));
  if (!config.socket_group.empty()) {
    findings.push_back(check_group_access(read_group_access(config)));
  }
  findings.push_back(check_socket_path(config.runtime_dir));
  findings.push_back(check_logout(read_logout("/", user_name(), config.runtime_dir)));
}

void inspect_repositories(const DaemonView& daemon, std::vector<Finding>& findings) {
  for (const json& each : daemon.repositories()) {
    std::error_code ignored;
    findings.push_back(check_repository(each, fs::is_directory(text_of(each, "path"), ignored)));
  }
}

std::vector<Finding> examine(const Places& places) {
  std::string failure;
  const std::optional<LoadedConfig> loaded = load(places, failure);
  std::vector<Finding> findings{check_settings(failure)};
  findings.push_back(check_git(program_output({"git", "--version"}, program_timeout)));
  const bool wants_tmux = !loaded || loaded->config.tmux;
  findings.push_back(check_tmux(program_output({"tmux", "-V"}, program_timeout), wants_tmux));
  if (!loaded) return findings;
  const DaemonView daemon(loaded->config);
  findings.push_back(check_daemon(daemon.holder(), daemon.status(), YARDMASTER_VERSION));
  findings.push_back(
      check_store(loaded->config.store, sqlite3_libversion_number(), sqlite3_libversion()));
  if (const auto database = inspect_store_file(loaded->config)) findings.push_back(*database);
  findings.push_back(check_open_files(open_files_limit(daemon.holder())));
  inspect_places(*loaded, findings);
  const Surroundings agents = agents_surroundings(loaded->config, daemon.holder());
  findings.push_back(inspect_surroundings(loaded->config, agents));
  findings.push_back(inspect_agent_command(loaded->config, agents));
  findings.push_back(inspect_roles(loaded->config));
  for (const Part& part : parts) findings.push_back(inspect_part(*loaded, daemon, part));
  inspect_repositories(daemon, findings);
  for (const json& each : list_of(daemon.status(), "waiting")) {
    findings.push_back(check_waiting(each, SystemClock().wall_now()));
  }
  return findings;
}

}  // namespace

void add_doctor_verb(CLI::App& app, Places& places, int& status) {
  CLI::App* verb = app.add_subcommand("doctor", "Say what is not as it should be, and what to do");
  add_place_options(*verb, places);
  CLI::Option* as_json = add_json_flag(*verb);
  verb->footer(
      "Works with and without a daemon. Exit status: 1 when something is broken.\n"
      "Example: yardmaster doctor");
  verb->callback([&places, &status, as_json] {
    const std::vector<Finding> findings = examine(places);
    if (as_json->count() > 0) {
      print_json(findings_json(findings));
    } else {
      std::cout << findings_text(findings);
    }
    status = worst_of(findings) == Health::broken ? 1 : 0;
  });
}

}  // namespace yardmaster::cli
