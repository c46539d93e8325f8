// The paths of a yard's files and directories. Pure and for any thread, except for
// make_private_directory(): it blocks on the disk, and changes the umask of the whole process for a
// moment, which files that another thread makes in that moment get as well.
//
// The state directory holds what must last (the database, logs, clones, worktrees and what was
// saved of them), the runtime directory the sockets. By default they are the XDG ones:
// $XDG_STATE_HOME/yardmaster (else ~/.local/state/yardmaster) and $XDG_RUNTIME_DIR/yardmaster
// (else `run` in the state directory).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace yardmaster {

// A Unix socket's path has room for 107 bytes and a terminating zero.
inline constexpr std::size_t max_socket_path = 107;

// Looks up an environment variable; nullopt when it is not set or empty.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> process_environment(const std::string& name);

struct Paths {
  std::filesystem::path state_dir;
  std::filesystem::path runtime_dir;
  std::filesystem::path worktrees_dir = {};  // empty: in the state directory
  std::string token_prefix = {};             // of its agents (instance_token.h)

  std::filesystem::path database() const { return state_dir / "yard.db"; }
  std::filesystem::path lock() const { return state_dir / "daemon.lock"; }
  std::filesystem::path log() const { return state_dir / "daemon.log"; }
  std::filesystem::path tokens() const { return state_dir / "tokens.json"; }
  std::filesystem::path broker_socket() const { return runtime_dir / "broker.sock"; }
  std::filesystem::path instance_socket(std::string_view instance) const {
    return runtime_dir / ("instance-" + std::string(instance) + ".sock");
  }
  std::filesystem::path tmux_socket() const { return runtime_dir / "tmux.sock"; }

  std::filesystem::path worktrees() const {
    return worktrees_dir.empty() ? state_dir / "worktrees" : worktrees_dir;
  }
  std::filesystem::path worktree(std::string_view repo, std::string_view instance) const {
    return worktrees() / repo / instance;
  }
  // The trash lies beside the worktrees, so that one is moved there by renaming it. No repository
  // has such a name.
  std::filesystem::path trash() const { return worktrees() / ".trash"; }
  // Worktrees that no rescue commit could hold.
  std::filesystem::path kept_files() const { return state_dir / "rescue"; }
  std::filesystem::path clone(std::string_view repo) const { return state_dir / "repos" / repo; }
  std::filesystem::path prompt(std::string_view instance) const {
    return state_dir / "prompts" / (std::string(instance) + ".md");
  }
  // The directory of what an agent is given by flags and variables.
  std::filesystem::path agent_files(std::string_view instance) const {
    return state_dir / "agents" / instance;
  }
  std::filesystem::path launch_file(std::string_view instance) const {
    return state_dir / "launch" / (std::string(instance) + ".json");
  }
  std::filesystem::path output_log(std::string_view instance) const {
    return state_dir / "logs" / (std::string(instance) + ".log");
  }
  // Held by the programs that a daemon runs, so that the next one can wait for them.
  std::filesystem::path programs_lock() const { return state_dir / "programs.lock"; }
};

// Throws Error{usage} when neither the variables nor HOME say where.
std::filesystem::path default_state_dir(const Environment& environment);
std::filesystem::path default_runtime_dir(const Environment& environment,
                                          const std::filesystem::path& state_dir);
std::filesystem::path default_config_file(const Environment& environment);

// Throws Error{usage} when the path is longer than a socket's may be; says by how much.
void require_socket_path(const std::filesystem::path& path);

// Makes the directory (and its parents) with exactly this mode if it is not there; it is never open
// to more, and the umask, which all threads share, is left alone. Throws Error{usage} when it is
// not a directory, is not ours, or lets others in.
void make_private_directory(const std::filesystem::path& directory, unsigned mode = 0700);

}  // namespace yardmaster
