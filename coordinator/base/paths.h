// Where a yard keeps its things. Any thread.
//
// The state directory holds what must last (yard.db, daemon.lock, daemon.log), the runtime
// directory the sockets. By default they are the XDG ones: $XDG_STATE_HOME/yardmaster (else
// ~/.local/state/yardmaster) and $XDG_RUNTIME_DIR/yardmaster (else `run` in the state directory).
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

  std::filesystem::path database() const { return state_dir / "yard.db"; }
  std::filesystem::path lock() const { return state_dir / "daemon.lock"; }
  std::filesystem::path log() const { return state_dir / "daemon.log"; }
  std::filesystem::path broker_socket() const { return runtime_dir / "broker.sock"; }
  std::filesystem::path instance_socket(std::string_view instance) const {
    return runtime_dir / ("instance-" + std::string(instance) + ".sock");
  }
};

// Throws Error{usage} when neither the variables nor HOME say where.
std::filesystem::path default_state_dir(const Environment& environment);
std::filesystem::path default_runtime_dir(const Environment& environment,
                                          const std::filesystem::path& state_dir);
std::filesystem::path default_config_file(const Environment& environment);

// Throws Error{usage} when the path is longer than a socket's may be; says by how much.
void require_socket_path(const std::filesystem::path& path);

// Makes the directory (and its parents) with exactly this mode if it is not there, under a umask
// and never by a later chmod. Throws Error{usage} when it is not a directory, is not ours, or lets
// others in.
void make_private_directory(const std::filesystem::path& directory, unsigned mode = 0700);

}  // namespace yardmaster
