#include "coordinator/cli/doctor/doctor.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

#include "coordinator/base/paths.h"
#include "coordinator/base/shell_quote.h"
#include "coordinator/base/store_kind.h"
#include "coordinator/base/wal_reset_bug.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/domain/names.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr ProgramVersion oldest_git{2, 36};
constexpr ProgramVersion oldest_tmux{3, 2};
// The daemon keeps 256 for itself; an instance takes a few, and so does each connection.
constexpr std::uint64_t few_files = 4096;
constexpr std::uint64_t too_few_files = 512;
constexpr std::uint64_t little_space = 1U << 30U;
constexpr std::uint64_t too_little_space = 64U << 20U;

Finding good(const std::string& name, const std::string& what) { return {name, Health::ok, what}; }
Finding doubtful(const std::string& name, const std::string& what, const std::string& remedy) {
  return {name, Health::warn, what, remedy};
}
Finding bad(const std::string& name, const std::string& what, const std::string& remedy) {
  return {name, Health::broken, what, remedy};
}

std::string octal(unsigned mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode);
  return text.data();
}

int take_number(std::string_view& text) {
  int number = 0;
  while (!text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0) {
    number = std::min(number, 100'000) * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  return number;
}

std::string version_text(const ProgramVersion& version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

Finding check_program(const std::string& name, const std::optional<std::string>& said,
                      const ProgramVersion& oldest) {
  const std::string install = "install it (on Debian: apt install " + name + ")";
  if (!said) return bad(name, "cannot be run", install);
  const ProgramVersion version = parse_version(*said);
  const std::string shown = one_line(*said);
  if (version >= oldest) return good(name, shown);
  return bad(name, shown + " is older than " + version_text(oldest), "get a newer one: " + install);
}

}  // namespace

ProgramVersion parse_version(const std::string& text) {
  // tmux also calls itself "next-3.4"
  const std::size_t begin = text.find_first_of("0123456789");
  if (begin == std::string::npos) return {};
  std::string_view rest(text);
  rest.remove_prefix(begin);
  ProgramVersion version;
  version.major = take_number(rest);
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    version.minor = take_number(rest);
  }
  return version;
}

Finding check_settings(const std::string& failure) {
  if (failure.empty()) return good("settings", "can be read ('yardmaster config show' lists them)");
  return bad("settings", one_line(failure), "put that right; nothing works before");
}

Finding check_daemon(const std::optional<pid_t>& holder, const json& status,
                     const std::string& own_version) {
  const std::string name = "daemon";
  if (!holder && status.is_null()) {
    return doubtful(name, "does not run", "start it with 'yardmaster start'");
  }
  if (status.is_null()) {
    const std::string pid = std::to_string(*holder);
    return bad(name, "runs with pid " + pid + " but does not answer",
               "see its log ('yardmaster logs'); if it stays so, 'kill " + pid +
                   "' and start it again: what was acknowledged is kept");
  }
  const std::string shown = "runs with pid " + text_of(status, "pid");
  const std::string version = text_of(status, "version");
  if (version == own_version) return good(name, shown + ", version " + version);
  return doubtful(name, shown + " and is version " + version + ", this program is " + own_version,
                  "'yardmaster stop' and 'yardmaster start'; agents go on meanwhile");
}

Finding check_git(const std::optional<std::string>& said) {
  return check_program("git", said, oldest_git);
}

Finding check_tmux(const std::optional<std::string>& said, bool wanted) {
  if (wanted) return check_program("tmux", said, oldest_tmux);
  return good("tmux", (said ? one_line(*said) : "is not there") + ", not used");
}

Finding check_store(const std::string& store, int sqlite_version, const std::string& version_text) {
  const std::string name = "store";
  const auto kind = store_kind_from(store);
  if (!kind || traits_of(*kind).has_server) {
    return good(name, store + "; its own server looks after the files");
  }
  const std::string shown = "SQLite " + version_text;
  if (!has_wal_reset_bug(sqlite_version)) return good(name, shown);
  return good(name, shown +
                        ": its WAL-reset bug loses commits when two connections write; the daemon "
                        "writes through one, so let no other program write to yard.db");
}

Finding check_database(const DatabaseFacts& facts) {
  const std::string name = "database";
  const std::string file = facts.file.string();
  const std::string remedy =
      "'yardmaster stop', move it aside and put a backup in its place; without one, 'yardmaster "
      "start --force' begins anew";
  if (!facts.exists && facts.had_one) return bad(name, file + " is gone", remedy);
  if (!facts.exists) return good(name, file + " is not there yet; the daemon makes it");
  if (!facts.damage.empty()) {
    return bad(name, file + " is damaged: " + one_line(facts.damage), remedy);
  }
  return good(name, file + (facts.is_complete ? " is whole"
                                              : " is too large to be looked through here; no "
                                                "damage was found so far"));
}

Finding check_open_files(std::uint64_t limit) {
  const std::string name = "open files";
  const std::string shown = "the daemon may have " + std::to_string(limit);
  const std::string remedy =
      "raise the hard limit (ulimit -Hn, LimitNOFILE= or /etc/security/limits.conf), then start "
      "the daemon again";
  if (limit < too_few_files) return bad(name, shown + ", too few to work with", remedy);
  if (limit < few_files) return doubtful(name, shown + ", enough for a few instances only", remedy);
  return good(name, shown);
}

Finding check_socket_path(const std::filesystem::path& runtime_dir) {
  const std::string name = "socket path";
  const Paths paths{{}, runtime_dir};
  const std::string remedy = "choose a shorter runtime directory (YARDMASTER_RUNTIME_DIR)";
  const std::size_t broker = paths.broker_socket().native().size();
  if (broker > max_socket_path) {
    return bad(name,
               paths.broker_socket().string() + " has " + std::to_string(broker) +
                   " bytes, and a socket's path may have " + std::to_string(max_socket_path),
               remedy);
  }
  const std::size_t without_name = paths.instance_socket("").native().size();
  const std::size_t room = without_name > max_socket_path ? 0 : max_socket_path - without_name;
  const std::string what = "names of instances may have " + std::to_string(room) +
                           " characters at most below " + runtime_dir.string();
  if (room < 16) return bad(name, what, remedy);
  if (room < 40) return doubtful(name, what, remedy);
  return good(name, room < max_name_length ? what : runtime_dir.string() + " is short enough");
}

Finding check_permissions(const DirectoryFacts& directory) {
  const std::string path = directory.path.string();
  const std::string quoted = shell_quote(path);
  if (!directory.exists) {
    return good(directory.name, path + " is not there yet; the daemon makes it");
  }
  if (!directory.is_directory) {
    return bad(directory.name, path + " is no directory", "move it out of the way");
  }
  if (!directory.is_ours) {
    return bad(directory.name, path + " belongs to another user",
               "choose another place, or: chown " + std::string("\"$USER\" ") + quoted);
  }
  if ((directory.mode & ~directory.allowed) != 0) {
    return bad(directory.name, path + " has mode " + octal(directory.mode) + " and lets others in",
               "chmod " + octal(directory.allowed) + " " + quoted);
  }
  if ((directory.mode & 0700U) != 0700U) {
    return bad(directory.name, path + " has mode " + octal(directory.mode) + " and keeps you out",
               "chmod " + octal(directory.allowed) + " " + quoted);
  }
  return good(directory.name, path);
}

Finding check_group_access(const GroupFacts& facts) {
  const std::string name = "socket group";
  if (!facts.exists) {
    return bad(name, "there is no group '" + facts.group + "', so the daemon does not start",
               "make it, or change the setting socket_group");
  }
  if (facts.closed.empty()) {
    return good(name, "members of '" + facts.group + "' reach the sockets, and need access tokens");
  }
  const std::string what =
      facts.closed.string() + " keeps members of '" + facts.group + "' from the sockets";
  if (!facts.is_above) {
    return bad(name, what, "restart the daemon ('yardmaster stop', 'yardmaster start')");
  }
  return bad(name, what,
             "choose a runtime directory that they can get to (--runtime-dir, e.g. "
             "/srv/yardmaster), or: setfacl -m g:" +
                 facts.group + ":x " + shell_quote(facts.closed.string()));
}

Finding check_file_system(const DirectoryFacts& directory) {
  const std::string name = "file system";
  const std::string& kind = directory.file_system;
  const std::string where = directory.path.string() + " is on ";
  if (kind.empty()) return good(name, directory.path.string() + " is on a disk");
  if (kind == "tmpfs") {
    return doubtful(name, where + "tmpfs: all of it is gone after a reboot",
                    "choose a state directory on a disk (YARDMASTER_STATE_DIR)");
  }
  return bad(name, where + kind + ", where a database's locks and shared memory cannot be trusted",
             "choose a state directory on a local disk (YARDMASTER_STATE_DIR)");
}

Finding check_free_space(const DirectoryFacts& directory) {
  const std::string name = "free space";
  const std::string what = size_text(directory.free_bytes) + " for the " + directory.name;
  const std::string remedy =
      "make room; 'yardmaster cleanup --dry-run' says what could go, 'yardmaster rescue ls' what "
      "is kept";
  if (directory.free_bytes < too_little_space) return bad(name, "only " + what, remedy);
  if (directory.free_bytes < little_space) return doubtful(name, "only " + what, remedy);
  return good(name, what);
}

Finding check_logout(const LogoutFacts& facts) {
  const std::string name = "logout";
  if (!facts.login_manager) return good(name, "nothing here ends programs at logout");
  if (facts.lingers) return good(name, "agents go on after it (lingering is on)");
  const std::string remedy = "loginctl enable-linger " + shell_quote(facts.user);
  if (facts.kill_user_processes) {
    return doubtful(name,
                    "the system kills the daemon and all agents when you log out "
                    "(KillUserProcesses)",
                    remedy);
  }
  if (facts.runtime_dir_is_users) {
    return doubtful(name,
                    "the system removes the sockets when you log out (they are in "
                    "XDG_RUNTIME_DIR)",
                    remedy + ", or set YARDMASTER_RUNTIME_DIR to a directory that stays");
  }
  return good(name, "agents go on after it");
}

Finding check_part(const PartFacts& part) {
  const std::string state = part.on ? "on" : "switched off (" + part.origin + "): " + part.loses;
  if (part.in_daemon && *part.in_daemon != part.on) {
    return doubtful(part.name,
                    state + "; the daemon still has it " + (*part.in_daemon ? "on" : "off"),
                    "'yardmaster stop' and 'yardmaster start'");
  }
  if (part.on) return good(part.name, state);
  return doubtful(part.name, state, "set \"" + part.key + "\" to true to have it");
}

Finding check_agent_command(const std::string& program, const std::string& failure) {
  const std::string name = "agent command";
  if (failure.empty()) return good(name, program);
  return bad(name, one_line(failure),
             "set \"agent_command\" to what starts your agent, or give spawn --agent");
}

Finding check_surroundings(const SurroundingsFacts& facts) {
  const std::string name = "agents' surroundings";
  const std::string what =
      facts.variables + "; umask " + facts.file_mask + "; PATH " + one_line(facts.path);
  if (!facts.wanting.empty()) {
    return doubtful(name, what + "; agent_environment names what is not set: " + facts.wanting,
                    "set it before 'yardmaster start', or write NAME=value there");
  }
  if (facts.unpassed.empty()) return good(name, what);
  return doubtful(name, what + "; set here, but not for them: " + facts.unpassed,
                  "if agents need it, name it in \"agent_environment\", then stop and start");
}

Finding check_roles(const std::filesystem::path& file, bool exists, const std::string& failure) {
  const std::string name = "roles";
  if (!failure.empty()) {
    return bad(name, one_line(failure), "put that right; the daemon does not start until then");
  }
  if (!exists) return good(name, "the built-in ones (" + file.string() + " would add some)");
  return good(name, "the built-in ones, and those of " + file.string());
}

Finding check_waiting(const json& waiting, WallTime now) {
  const std::string name = text_of(waiting, "instance_id");
  const bool given_up = !text_of(waiting, "reason").empty();
  return doubtful("instance " + name, waiting_text(waiting, now),
                  "'yardmaster history " + name + "' and 'yardmaster logs " + name +
                      "' show how it ended" +
                      (given_up ? "; then spawn it again, or 'yardmaster rm " + name + "'" : ""));
}

Finding check_repository(const json& repository, bool directory_exists) {
  const std::string repo = text_of(repository, "name");
  const std::string name = "repository " + repo;
  const std::string state = text_of(repository, "state");
  if (state == "cloning") return good(name, "is being cloned");
  if (state == "failed") {
    return doubtful(name, "could not be cloned: " + one_line(text_of(repository, "error")),
                    "'yardmaster repo rm " + repo + "' and add it again");
  }
  if (directory_exists) return good(name, text_of(repository, "path"));
  return bad(name, text_of(repository, "path") + " is not there",
             "bring it back, or 'yardmaster repo rm " + repo + "'");
}

}  // namespace yardmaster::cli
