// One coding agent under the coordinator, as plain values: what is asked for, what lives, how it
// ended.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/base/clock.h"

namespace yardmaster {

// Rows hold the numbers (an instance that is gone has a tombstone instead): one that was given
// never changes.
enum class InstanceState {
  starting = 0,
  running = 1,
  idle = 2,
  unknown = 3,
  stopping = 4,
  gone = 5
};

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

// The bits of `owned` name the parts that were made for the instance alone, and so end with it.
inline constexpr std::uint32_t owns_worktree = 1;
inline constexpr std::uint32_t owns_window = 2;
inline constexpr std::uint32_t owns_processes = 4;  // they were launched by the coordinator

// These fields describe an instance from its request on. Empty texts mean: none.
struct InstanceDescription {
  std::string name;
  std::string role;
  std::string repo;
  std::string repo_path;  // its working tree, or the bare repository
  std::string worktree_path;
  std::string branch;
  std::string base_branch;
  std::string base_commit;  // commit at which its branch began
  std::string start_ref;    // where it is to begin; known until it has begun
  std::string task;
  std::string agent_command;
  std::string session_id;  // names the agent's conversation
  std::string tmux_session;
  std::string tmux_window;
  std::string log_path;  // file with the agent's output
  std::optional<ProcessIdentity> process;
  std::uint32_t owned = 0;
  bool wanted = false;      // starts again when its process dies (see WantedInstance)
  bool is_restart = false;  // and is being started again: stays wanted when that fails
};

// A request holds what the caller asks for; the coordinator decides the rest of an Instance.
struct InstanceRequest : InstanceDescription {
  InstanceRequest() = default;
  explicit InstanceRequest(const InstanceDescription& description)
      : InstanceDescription(description) {}

  bool wants_socket = true;
  bool registered = false;  // others made what there is of it, whether its process is named or not
  bool foreground = false;  // the caller's own process becomes the agent, in its terminal
};

// Returns whether the coordinator makes a worktree and starts the agent; otherwise it only
// registers what others made.
inline bool is_launched(const InstanceRequest& request) {
  if (request.repo.empty() || request.registered) return false;
  return request.foreground || !request.process;
}

struct Instance : InstanceDescription {
  Instance() = default;
  explicit Instance(const InstanceDescription& description) : InstanceDescription(description) {}

  std::uint64_t id = 0;
  std::string socket_path;  // empty: none was asked for
  std::string tmux_pane;    // as tmux names it: %3
  InstanceState state = InstanceState::starting;
  std::string context;           // the context that it writes to now
  std::uint64_t generation = 0;  // that context's generation
  WallTime created_at{};
  // The following are set with state gone; those that a resource finds out during its release are
  // set before:
  WallTime ended_at{};
  std::string end_reason;
  std::string how_died;  // of an end that nobody asked for, what could be found out
  std::string summary;
  std::string exit_status;
  std::string last_output;
  std::vector<std::string> rescue;
  bool reports = false;            // its agent has said whether it works or waits; not stored
  std::vector<std::string> notes;  // on its start: what is amiss and did not keep it; not stored
  bool shortened = false;          // in a list: long texts were cut
};

// In a list, texts that are longer are cut unless they are asked for whole.
inline constexpr std::size_t longest_listed_text = 1024;

// What list_instances returns: those after a name, by name. Empty texts stand for all.
struct InstanceFilter {
  std::string name = {};
  std::string repo = {};
  std::optional<InstanceState> state = {};
  std::string after = {};
  std::size_t limit = std::numeric_limits<std::int64_t>::max();
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();
  bool whole_texts = true;
};

// What list_tombstones returns: those that ended before the one with the id `after` (0: all).
struct TombstoneFilter {
  std::string name = {};
  std::string repo = {};
  std::uint64_t after = 0;
  std::size_t limit = std::numeric_limits<std::int64_t>::max();
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();
  bool whole_texts = true;
};

// An EndRecord says how an instance ended.
struct EndRecord {
  // "released", "completed", "exited with 1", "killed by SIGKILL", "window closed", "process died",
  // …
  std::string reason;
  std::string summary;              // as given to complete_agent
  std::string exit_status;          // "exit 3", "signal 9"; empty: not known
  std::string last_output;          // any bytes
  std::vector<std::string> rescue;  // refs and directories that hold what it had not pushed
  bool keeps_wanted = false;        // it is to be started again
};

// A persistent instance: one of this name should live. Made and renewed when an instance is created
// as wanted; ends with the instance, unless that ends by a death. Then it waits for its restart, or
// is given up; messages for its name wait with it.
struct WantedInstance {
  std::string name;
  std::string role;
  std::string repo;
  std::string task;
  std::string agent_command;
  std::string start_ref;
  std::vector<WallTime> deaths;  // the latest ones, oldest first
  WallTime next_start{};         // the epoch: it does not wait for a restart
  std::string given_up;          // why it is not started again; empty: it is
};

}  // namespace yardmaster
