// The outside view tells what there is of instances: by the system, git and tmux, and never by what
// the coordinator says. Any thread; each look-up blocks for some milliseconds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace yardmaster::loadgen {

// A process that carries a YARDMASTER_TOKEN in its environment.
struct TokenProcess {
  pid_t pid = 0;
  std::string token;    // "<state directory>#<number>"
  std::string command;  // its name, for people
};

struct Pane {
  std::string session;
  std::string window;
  pid_t pid = 0;
  bool dead = false;
};

// --- looks. Those with git and tmux throw Error when these fail.

// Returns the processes whose token begins so, without zombies.
std::vector<TokenProcess> processes_with_token(std::string_view prefix);
// Returns the token of a running process; empty when it has none or is not there.
std::string token_of(pid_t pid);
// Returns whether the process runs: it is neither gone nor a zombie.
bool is_running(pid_t pid);
// The repository's worktrees but its own.
std::set<std::string> registered_worktrees(const std::filesystem::path& repository);
// "instance/worker-1", …
std::set<std::string> instance_branches(const std::filesystem::path& repository);
// Returns all panes except those of the coordinator's own windows; none as well when no server
// runs.
std::vector<Pane> panes(const std::filesystem::path& tmux_socket);
// The servers that run for the socket. One outlives its windows; a second is always left over,
// since nobody can reach the first any more.
std::vector<pid_t> tmux_servers(const std::filesystem::path& tmux_socket);
// Names in a directory; none when it is not there.
std::set<std::string> entries_of(const std::filesystem::path& directory);
// Names of the instances whose sockets are there.
std::set<std::string> instance_sockets(const std::filesystem::path& runtime_directory);

// --- what the looks read
std::string token_in(std::string_view environment);
std::set<std::string> worktrees_in(std::string_view porcelain_list);
std::vector<Pane> panes_in(std::string_view list);
// The state and the program's name in /proc/PID/stat.
struct ProcessStatus {
  char state = '?';
  std::string command;
};
std::optional<ProcessStatus> status_in(std::string_view stat);

// --- whole instances

// The places in which an instance of a yard can leave something.
struct YardPlaces {
  std::filesystem::path state_directory;
  std::filesystem::path runtime_directory;
  std::filesystem::path repository;
  std::string repository_name;

  std::filesystem::path tmux_socket() const { return runtime_directory / "tmux.sock"; }
  std::filesystem::path worktrees() const {
    return state_directory / "worktrees" / repository_name;
  }
  std::filesystem::path trash() const { return state_directory / "worktrees" / ".trash"; }
  std::filesystem::path launches() const { return state_directory / "launch"; }
  std::string token_prefix() const { return state_directory.string() + "#"; }
};

struct InstanceTraces {
  std::string name;
  std::string token;  // empty: not known
  std::string worktree;
  std::string branch;
  std::string tmux_session;
  std::string tmux_window;
};

// Returns what is left of an instance that is gone, one sentence each; empty when nothing is.
std::vector<std::string> leftovers_of(const YardPlaces& places, const InstanceTraces& instance);
// Returns the leftovers of all instances, when none is to be there; except for the trash, which is
// emptied in the background, see is_trash_empty().
std::vector<std::string> leftovers_in(const YardPlaces& places);
bool is_trash_empty(const YardPlaces& places);

}  // namespace yardmaster::loadgen
