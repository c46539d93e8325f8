// Is everything on this machine and in this yard as it should be? One function per question, each a
// judgement on facts that somebody else collected (doctor_facts.h). Pure, any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/cli/doctor/findings.h"

namespace yardmaster::cli {

// The numbers at the beginning of the first word that begins with a digit ("tmux 3.3a" is 3.3);
// major 0 when there is none.
struct ProgramVersion {
  int major = 0;
  int minor = 0;

  auto operator<=>(const ProgramVersion&) const = default;
};
ProgramVersion parse_version(const std::string& text);

// `failure` says why the settings cannot be read; it is empty when they can.
Finding check_settings(const std::string& failure);

// `status` is the daemon's answer, null when it gave none.
Finding check_daemon(const std::optional<pid_t>& holder, const nlohmann::json& status,
                     const std::string& own_version);

// `said` is the output of `git --version`, if there was any.
Finding check_git(const std::optional<std::string>& said);
// `said` is the output of `tmux -V`, if there was any; `wanted` is the setting.
Finding check_tmux(const std::optional<std::string>& said, bool wanted);

// `version` as sqlite3_libversion_number() has it.
Finding check_store(const std::string& store, int sqlite_version, const std::string& version_text);

// What there is of a database in a file.
struct DatabaseFacts {
  std::filesystem::path file;
  bool had_one = false;  // the yard has used one
  bool exists = false;
  std::string damage;
  bool is_complete = true;  // all of it was looked at
};
Finding check_database(const DatabaseFacts& facts);

// Judges how many files the daemon may have open.
Finding check_open_files(std::uint64_t limit);

// Judges whether sockets fit into the directory's path, and how long an instance's name may be.
Finding check_socket_path(const std::filesystem::path& runtime_dir);

struct DirectoryFacts {
  std::string name;  // e.g. "state directory"
  std::filesystem::path path;
  bool exists = false;
  bool is_directory = false;
  bool is_ours = false;
  unsigned mode = 0;        // permission bits
  unsigned allowed = 0700;  // those that `mode` may have
  std::string file_system;  // only when it matters: "nfs", "tmpfs", …
  std::uint64_t free_bytes = 0;
};
Finding check_permissions(const DirectoryFacts& directory);

// Whether members of `socket_group` reach the sockets.
struct GroupFacts {
  std::string group;
  bool exists = false;
  std::filesystem::path runtime_dir;
  // The directory that lets the group not through, or the socket that does not answer to it; empty:
  // none, or nothing is there yet.
  std::filesystem::path closed;
  bool is_above = false;  // the closed one is above the runtime directory
};
Finding check_group_access(const GroupFacts& facts);
Finding check_file_system(const DirectoryFacts& directory);
Finding check_free_space(const DirectoryFacts& directory);

struct LogoutFacts {
  bool login_manager = false;         // systemd-logind looks after sessions
  bool kill_user_processes = false;   // it kills what a user leaves behind
  bool lingers = false;               // but not for this user
  bool runtime_dir_is_users = false;  // the sockets are in /run/user/UID, which goes away at logout
  std::string user;
};
Finding check_logout(const LogoutFacts& facts);

// A part that may be switched off. `origin` says where, `loses` what does not work without it;
// `in_daemon` is what the running daemon says, nullopt when none runs.
struct PartFacts {
  std::string name;
  std::string key;
  bool on = true;
  std::string origin;
  std::string loses;
  std::optional<bool> in_daemon = {};
};
Finding check_part(const PartFacts& part);

// `failure` says why spawn would refuse the setting; it is empty when the setting starts `program`.
Finding check_agent_command(const std::string& program, const std::string& failure);

// What agents have around them, and what is set here that their programs often need but do not get.
struct SurroundingsFacts {
  std::string variables;  // their names
  std::string path;
  std::string file_mask;
  std::string wanting;  // names in agent_environment that are not set
  std::string unpassed;
};
Finding check_surroundings(const SurroundingsFacts& facts);

// `failure` says why the daemon would not start with roles.json; it is empty when the daemon would,
// or when there is no such file.
Finding check_roles(const std::filesystem::path& file, bool exists, const std::string& failure);

// `waiting` is one of "waiting" of `status`, which does not live though it should.
Finding check_waiting(const nlohmann::json& waiting, WallTime now);

// `repository` is one of list_repos; `directory_exists` tells of its path.
Finding check_repository(const nlohmann::json& repository, bool directory_exists);

}  // namespace yardmaster::cli
