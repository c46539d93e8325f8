#include "coordinator/base/config_keys.h"

#include <algorithm>
#include <cctype>

namespace yardmaster {

const std::vector<Key>& setting_keys() {
  static const std::vector<Key> all{
      {"state_dir", &Config::state_dir, "holds the database, the lock and the log"},
      {"runtime_dir", &Config::runtime_dir, "holds the sockets"},
      {"store", &Config::store, "the database that all state is kept in", store_names()},
      {"postgres", &Config::postgres,
       "how to connect to PostgreSQL, as libpq reads it; empty: PGHOST, PGDATABASE and their like"},
      {"postgres_checkpoint_interval", &Config::postgres_checkpoint_interval,
       "has PostgreSQL checkpoint so often, for measuring; 0s: leaves it to the server"},
      {"checkpoint_policy",
       &Config::checkpoint_policy,
       "when the write-ahead log is checkpointed",
       {"adaptive", "every-write", "auto"}},
      {"commit_spacing", &Config::commit_spacing, "between starts of commits, under load"},
      {"largest_batch", &Config::largest_batch, "operations that share one commit, at most", {}, 1},
      {"socket_group", &Config::socket_group,
       "a group that may connect to the sockets too (for a proxy), with access tokens; empty: "
       "nobody else"},
      {"allowed_origins", &Config::allowed_origins,
       "web origins that may open a WebSocket or post commands"},
      {"allowed_hosts", &Config::allowed_hosts,
       "names by which requests over TCP or a proxy may call this machine, beside localhost"},
      {"listen", &Config::listen,
       "ADDRESS:PORT of the loopback that serves HTTP and WebSockets over TCP, to who has an "
       "access "
       "token; empty: none"},
      {"metrics_listen", &Config::metrics_listen,
       "ADDRESS:PORT that serves /metrics and /health over TCP; empty: none"},
      {"metrics_public", &Config::metrics_public,
       "lets metrics_listen be an address other than the loopback's"},
      {"max_connections", &Config::max_connections,
       "connections at once; 0: as many as the limit of open files allows"},
      {"max_output_bytes",
       &Config::max_output_bytes,
       "unread output after which a subscriber is dropped",
       {},
       65536},
      {"session_memory_bytes",
       &Config::session_memory_bytes,
       "what all connections together may hold in memory; the one that holds most is closed when "
       "it is more",
       {},
       16U << 20U},
      {"ping_interval",
       &Config::ping_interval,
       "between pings on a quiet WebSocket",
       {},
       1'000'000'000},
      {"kill_grace", &Config::kill_grace,
       "between SIGTERM and SIGKILL when an instance is released"},
      {"worktrees_dir", &Config::worktrees_dir, "holds the instances' git worktrees"},
      {"roles_file", &Config::roles_file, "adds roles to the built-in ones"},
      {"agent_command", &Config::agent_command,
       "starts an agent whose role and request name no command; {task}, {prompt_file}, "
       "{session_id}, "
       "{instance} and {worktree} are filled in"},
      {"agent_path", &Config::agent_path,
       "directories of programs for agents, before ~/.local/bin, ~/bin and the system's"},
      {"agent_environment", &Config::agent_environment,
       "what agents have besides: NAME=value, or the NAME of a variable (or BEGINNING*) of whoever "
       "starts the daemon"},
      {"agent_umask", &Config::agent_umask, "the umask of agents and of git"},
      {"daemon_environment", &Config::daemon_environment,
       "names of variables of its caller that the daemon keeps, for itself alone"},
      {"skip_permissions", &Config::skip_permissions,
       "starts claude with --dangerously-skip-permissions"},
      {"tmux", &Config::tmux, "gives agents a window; without it only `spawn --foreground` works"},
      {"hooks", &Config::hooks, "writes hooks into worktrees, by which agents tell what they do"},
      {"mcp_files", &Config::mcp_files, "writes .mcp.json into worktrees, with the role's servers"},
      {"settle_time", &Config::settle_time,
       "an agent that says nothing has started when it has lived so long"},
      {"wake_after",
       &Config::wake_after,
       "silence of a person who looks at a window before a line is typed into it, and of an agent "
       "that reports no state and whose role says \"wake\": \"pane\"",
       {},
       1'000'000'000},
      {"sweep_interval",
       &Config::sweep_interval,
       "between looks at all instances, the safety net below events",
       {},
       100'000'000},
      {"output_max_bytes",
       &Config::output_max_bytes,
       "size at which an agent's output is rotated",
       {},
       4096},
      {"checkout_jobs", &Config::checkout_jobs, "checkouts side by side; 0: one per core"},
      {"delivery_lease",
       &Config::delivery_lease,
       "after which a message is sent again that a subscriber has not confirmed, and an agent told "
       "again whose hook did not run to its end",
       {},
       100'000'000},
      {"undeliverable_after", &Config::undeliverable_after,
       "after which a message that nobody took is a dead letter; 0s: never"},
      {"handoff_expires_after", &Config::handoff_expires_after,
       "after which an offered handoff that nobody decided expires; 0s: never"},
      {"fetch_timeout", &Config::fetch_timeout,
       "how long a spawn waits for the latest of a clone's origin; 0s: it is never asked"},
      {"file_timeout",
       &Config::file_timeout,
       "how long one operation on a file of a repository or worktree may stand still before it is "
       "given up",
       {},
       10'000'000},
      {"restart_limit", &Config::restart_limit,
       "restarts of a persistent instance within restart_window, at most"},
      {"restart_window",
       &Config::restart_window,
       "after which the death of a persistent instance is forgotten",
       {},
       1'000'000'000},
      {"stall_limit", &Config::stall_limit,
       "time in one go that the broker thread may take before it is counted and logged as a stall; "
       "0s: not watched"},
      {"log_level",
       &Config::log_level,
       "how much is logged",
       {"debug", "info", "warning", "error"}},
      {"log_max_bytes", &Config::log_max_bytes, "size at which the log is rotated", {}, 4096},
      {"log_files", &Config::log_files, "rotated logs that are kept"},
  };
  return all;
}

const Key* find_key(std::string_view name) {
  const auto found = std::find_if(setting_keys().begin(), setting_keys().end(),
                                  [&](const Key& candidate) { return candidate.name == name; });
  return found == setting_keys().end() ? nullptr : &*found;
}

std::string variable_of(std::string_view key) {
  std::string name = "YARDMASTER_";
  for (const char c : key) {
    name.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  }
  return name;
}

std::vector<std::string> setting_variables() {
  std::vector<std::string> names{"YARDMASTER_CONFIG"};
  for (const Key& key : setting_keys()) names.push_back(variable_of(key.name));
  return names;
}

}  // namespace yardmaster
