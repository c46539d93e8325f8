// The settings come from one JSON file with comments, one environment variable per key
// (YARDMASTER_<KEY>), and the command line; the later of these win over the earlier. Below all of
// them is what the state directory knows of its yard (yard_record.h). Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/base/paths.h"
#include "coordinator/base/store_kind.h"

namespace yardmaster {

struct Config {
  std::string state_dir;  // default: default_state_dir()
  // These two are, where nothing says otherwise, what the yard had at its latest start.
  std::string runtime_dir;  // default: default_runtime_dir()
  std::string store{to_string(default_store)};
  std::string postgres;  // connection string; may hold a password
  std::chrono::nanoseconds postgres_checkpoint_interval{};
  std::string checkpoint_policy = "adaptive";
  std::chrono::nanoseconds commit_spacing = std::chrono::microseconds(500);
  std::uint64_t largest_batch = 4096;
  std::string socket_group;
  std::vector<std::string> allowed_origins;
  std::vector<std::string> allowed_hosts;
  std::string listen;
  std::string metrics_listen;
  bool metrics_public = false;
  std::uint64_t max_connections = 0;
  std::uint64_t max_output_bytes = 8U << 20U;
  std::uint64_t session_memory_bytes = 256U << 20U;
  std::chrono::nanoseconds ping_interval = std::chrono::seconds(20);
  std::chrono::nanoseconds kill_grace = std::chrono::seconds(5);
  std::string worktrees_dir;  // default: in the state directory
  std::string roles_file;     // default: roles.json beside the default configuration file
  std::string agent_command = "claude";
  std::vector<std::string> agent_path;
  std::vector<std::string> agent_environment;
  std::string agent_umask = "0022";
  std::vector<std::string> daemon_environment;
  bool skip_permissions = false;
  bool tmux = true;
  bool hooks = true;
  bool mcp_files = true;
  std::chrono::nanoseconds settle_time = std::chrono::milliseconds(300);
  std::chrono::nanoseconds wake_after = std::chrono::seconds(10);
  std::chrono::nanoseconds sweep_interval = std::chrono::seconds(30);
  std::uint64_t output_max_bytes = 10U << 20U;
  std::uint64_t checkout_jobs = 0;
  std::chrono::nanoseconds delivery_lease = std::chrono::seconds(30);
  std::chrono::nanoseconds undeliverable_after = std::chrono::hours(168);
  std::chrono::nanoseconds handoff_expires_after = std::chrono::hours(24);
  std::chrono::nanoseconds fetch_timeout = std::chrono::seconds(20);
  std::chrono::nanoseconds file_timeout = std::chrono::seconds(30);
  std::uint64_t restart_limit = 5;
  std::chrono::nanoseconds restart_window = std::chrono::hours(1);
  std::chrono::nanoseconds stall_limit = std::chrono::milliseconds(20);
  std::string log_level = "info";
  std::uint64_t log_max_bytes = 10U << 20U;
  std::uint64_t log_files = 3;

  // Of a configuration that was loaded, which names one.
  StoreKind store_kind() const { return store_kind_from(store).value(); }

  // The runtime directory was given and the state directory was not.
  bool named_by_sockets = false;

  Paths paths() const { return {state_dir, runtime_dir, worktrees_dir}; }
};

// One line of `yardmaster config show`.
struct ConfigValue {
  std::string key;
  nlohmann::json value;  // without passwords, and values of variables
  nlohmann::json default_value;
  // "default", "environment YARDMASTER_…", "command line", the file's name, or "the yard, since its
  // latest start"
  std::string origin;
  std::string help;
};

struct ConfigSources {
  // Given by name, the file must exist; the default one need not.
  std::optional<std::filesystem::path> file;
  Environment environment = process_environment;
  std::map<std::string, std::string> command_line;  // by key
};

struct LoadedConfig {
  Config config;
  std::vector<ConfigValue> values;  // in the order of the documentation
};

// Throws Error{usage} that names the source and the key's path.
LoadedConfig load_config(const ConfigSources& sources);

// The names of all variables of an environment that are settings.
std::vector<std::string> setting_variables();

// All of a configuration, secrets too, for another process of ours, and back.
std::string settings_text(const Config& config);
Config config_from_settings(const std::string& text);

}  // namespace yardmaster
