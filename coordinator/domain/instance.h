// One coding agent under the coordinator, as a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/base/clock.h"

namespace yardmaster {

enum class InstanceState { starting, running, idle, unknown, stopping, gone };

std::string_view to_string(InstanceState state);
std::optional<InstanceState> instance_state_from(std::string_view text);

// A process is named by its pid and its start time (field 22 of /proc/PID/stat, in clock ticks
// since boot) on one boot of the machine: pids are used again, the pair is not.
struct ProcessIdentity {
  std::int64_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::string boot_id;

  bool operator==(const ProcessIdentity&) const = default;
};

// What a caller asks for; the rest of an Instance is decided by the coordinator.
struct InstanceRequest {
  std::string name;
  std::string role;
  std::string repo;
  std::string worktree_path;
  std::string tmux_window;
  std::string task;
  std::string agent_command;
  std::optional<ProcessIdentity> process;
  bool wants_socket = true;
};

struct Instance {
  std::uint64_t id = 0;
  std::string name;
  std::string role;
  std::string repo;           // empty: none
  std::string worktree_path;  // empty: none
  std::string tmux_window;    // empty: none
  std::string task;
  std::string agent_command;
  std::string socket_path;  // empty: none was asked for
  std::optional<ProcessIdentity> process;
  InstanceState state = InstanceState::starting;
  std::string context;           // the context that it writes to now
  std::uint64_t generation = 0;  // that context's generation
  WallTime created_at{};
  WallTime ended_at{};     // with state gone
  std::string end_reason;  // with state gone: "released", "process died", "completed", …
  std::string summary;     // with state gone: what complete_agent said
};

}  // namespace yardmaster
