#include "coordinator/cli/doctor/doctor_facts.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <string_view>

#include <grp.h>
#include <linux/magic.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "coordinator/base/process_environment.h"
#include "coordinator/instances/processes/proc_files.h"

namespace yardmaster::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto cifs_magic = 0xFF534D42UL;
constexpr auto smb2_magic = 0xFE534D42UL;

struct FileSystem {
  unsigned long magic;
  const char* name;
};

constexpr std::array<FileSystem, 6> doubtful_file_systems{{{NFS_SUPER_MAGIC, "nfs"},
                                                           {SMB_SUPER_MAGIC, "smb"},
                                                           {cifs_magic, "cifs"},
                                                           {smb2_magic, "smb"},
                                                           {V9FS_MAGIC, "9p"},
                                                           {TMPFS_MAGIC, "tmpfs"}}};

fs::path nearest_existing(fs::path path) {
  std::error_code ignored;
  while (!fs::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path;
}

std::string doubtful_file_system(const fs::path& path) {
  struct statfs found {};
  if (::statfs(path.c_str(), &found) != 0) return "";
  // The kernel's 32 bits, sign-extended.
  const auto magic = static_cast<unsigned long>(found.f_type) & 0xFFFFFFFFUL;
  for (const FileSystem& each : doubtful_file_systems) {
    if (each.magic == magic) return each.name;
  }
  return "";
}

std::uint64_t free_bytes_at(const fs::path& path) {
  struct statvfs found {};
  if (::statvfs(path.c_str(), &found) != 0) return 0;
  return static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize;
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// This reads as much of systemd's syntax as a switch needs; the last assignment in the file holds.
std::optional<bool> read_switch(const fs::path& file, const std::string& key) {
  std::ifstream in(file);
  std::optional<bool> value;
  for (std::string line; std::getline(in, line);) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || trimmed(line.substr(0, equals)) != key) continue;
    const std::string text = trimmed(line.substr(equals + 1));
    value = text == "yes" || text == "true" || text == "on" || text == "1";
  }
  return value;
}

// The main file, then drop-ins by name, of which one in /etc hides one in /run or /usr.
bool kills_user_processes(const fs::path& root) {
  std::map<std::string, fs::path> drop_ins;
  for (const char* place : {"usr/lib/systemd", "run/systemd", "etc/systemd"}) {
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(root / place / "logind.conf.d", failure)) {
      if (entry.path().extension() == ".conf") drop_ins[entry.path().filename()] = entry.path();
    }
  }
  const char* key = "KillUserProcesses";
  bool kills = read_switch(root / "etc/systemd/logind.conf", key).value_or(false);
  for (const auto& [name, file] : drop_ins) kills = read_switch(file, key).value_or(kills);
  return kills;
}

// `group_bit` is that of the mode. What is not there yet keeps nobody out.
bool lets_in(const fs::path& path, gid_t group, mode_t group_bit) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return true;
  if (::getxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) > 0) return true;
  const mode_t bit = found.st_gid == group ? group_bit : group_bit >> 3U;
  return (found.st_mode & bit) != 0;
}

}  // namespace

DirectoryFacts read_directory(const std::string& name, const fs::path& path,
                              unsigned allowed_mode) {
  DirectoryFacts facts;
  facts.name = name;
  facts.path = path;
  facts.allowed = allowed_mode;
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) {
    facts.exists = true;
    facts.is_directory = S_ISDIR(found.st_mode);
    facts.is_ours = found.st_uid == ::geteuid();
    facts.mode = found.st_mode & 0777U;
  }
  const fs::path existing = nearest_existing(path);
  facts.file_system = doubtful_file_system(existing);
  facts.free_bytes = free_bytes_at(existing);
  return facts;
}

GroupFacts read_group_access(const Config& config) {
  GroupFacts facts;
  facts.group = config.socket_group;
  facts.runtime_dir = config.runtime_dir;
  const ::group* const found = ::getgrnam(config.socket_group.c_str());
  facts.exists = found != nullptr;
  if (!facts.exists) return facts;
  const gid_t group = found->gr_gid;
  for (fs::path at = facts.runtime_dir; at.has_relative_path();) {
    at = at.parent_path();
    if (!lets_in(at, group, S_IXGRP)) facts.closed = at;
  }
  facts.is_above = !facts.closed.empty();
  if (facts.is_above) return facts;
  if (!lets_in(facts.runtime_dir, group, S_IXGRP)) facts.closed = facts.runtime_dir;
  const fs::path socket = config.paths().broker_socket();
  if (facts.closed.empty() && !lets_in(socket, group, S_IWGRP)) facts.closed = socket;
  return facts;
}

LogoutFacts read_logout(const fs::path& root, const std::string& user,
                        const fs::path& runtime_dir) {
  std::error_code ignored;
  LogoutFacts facts;
  facts.user = user;
  facts.login_manager = fs::exists(root / "run/systemd/seats", ignored);
  // Root is excluded unless somebody changed KillExcludeUsers.
  facts.kill_user_processes = user != "root" && kills_user_processes(root);
  facts.lingers = fs::exists(root / "var/lib/systemd/linger" / user, ignored);
  facts.runtime_dir_is_users = runtime_dir.native().starts_with("/run/user/");
  return facts;
}

std::string user_name() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry == nullptr ? std::to_string(::geteuid()) : entry->pw_name;
}

std::uint64_t open_files_limit(const std::optional<pid_t>& daemon) {
  rlimit limit{};
  if (daemon && ::prlimit(*daemon, RLIMIT_NOFILE, nullptr, &limit) == 0) return limit.rlim_cur;
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;  // to which the daemon raises its own
}

Surroundings agents_surroundings(const Config& config, const std::optional<pid_t>& daemon) {
  const Surroundings caller = own_environment();
  Surroundings found;
  if (daemon) {
    std::istringstream variables(read_proc_file(*daemon, "environ"));
    for (std::string entry; std::getline(variables, entry, '\0');) {
      const std::string name = entry.substr(0, entry.find('='));
      const bool is_the_daemons =
          is_listed(config.daemon_environment, name) && !is_listed(config.agent_environment, name);
      if (!is_the_daemons) found[name] = entry.substr(std::min(name.size() + 1, entry.size()));
    }
  }
  return found.empty() ? compose_surroundings(config, caller, this_user(caller)) : found;
}

}  // namespace yardmaster::cli
