#include "loadgen/real/outside_view.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <system_error>

#include "coordinator/base/error.h"
#include "coordinator/base/own_refs.h"
#include "loadgen/real/captured_program.h"
#include "loadgen/real/work_repository.h"

namespace yardmaster::loadgen {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view token_variable = "YARDMASTER_TOKEN=";
constexpr std::string_view control_session = "yardmaster-control";
constexpr std::string_view people_session = "yardmaster-pane";
constexpr std::string_view socket_prefix = "instance-";
constexpr std::string_view socket_suffix = ".sock";

// Empty as well when it cannot be read to its end, as when a process ends meanwhile.
std::string read_whole(const fs::path& file) {
  const std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

fs::path proc_of(pid_t pid) { return fs::path("/proc") / std::to_string(pid); }

pid_t pid_in(std::string_view text) {
  pid_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  return failure == std::errc() && rest == end ? number : 0;
}

// Calls with each piece of the text between separators.
template <typename Visit>
void each_piece(std::string_view text, char separator, Visit visit) {
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::optional<ProcessStatus> status_of(pid_t pid) {
  return status_in(read_whole(proc_of(pid) / "stat"));
}

std::string describe(const TokenProcess& process) {
  return "process " + std::to_string(process.pid) + " (" + process.command + ") with the token " +
         process.token;
}

std::string describe(const Pane& pane) {
  return "window " + pane.session + ":" + pane.window + (pane.dead ? ", whose pane is dead" : "");
}

}  // namespace

std::string token_in(std::string_view environment) {
  std::string token;
  each_piece(environment, '\0', [&](std::string_view variable) {
    if (variable.starts_with(token_variable)) token = variable.substr(token_variable.size());
  });
  return token;
}

std::optional<ProcessStatus> status_in(std::string_view stat) {
  const auto begin = stat.find('(');
  const auto end = stat.rfind(')');  // the name may hold anything
  if (begin == std::string_view::npos || end == std::string_view::npos || end + 2 >= stat.size()) {
    return std::nullopt;
  }
  return ProcessStatus{.state = stat[end + 2],
                       .command = std::string(stat.substr(begin + 1, end - begin - 1))};
}

std::string token_of(pid_t pid) { return token_in(read_whole(proc_of(pid) / "environ")); }

bool is_running(pid_t pid) {
  const auto status = status_of(pid);
  return status && status->state != 'Z' && status->state != 'X';
}

std::vector<TokenProcess> processes_with_token(std::string_view prefix) {
  std::vector<TokenProcess> found;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator("/proc", failure)) {
    const pid_t pid = pid_in(entry.path().filename().native());
    if (pid <= 0) continue;
    std::string token = token_of(pid);
    if (token.empty() || !token.starts_with(prefix)) continue;
    const auto status = status_of(pid);
    if (!status || status->state == 'Z' || status->state == 'X') continue;
    found.push_back({.pid = pid, .token = std::move(token), .command = status->command});
  }
  return found;
}

std::set<std::string> worktrees_in(std::string_view porcelain_list) {
  constexpr std::string_view beginning = "worktree ";
  std::set<std::string> paths;
  bool is_first = true;  // the repository's own
  each_piece(porcelain_list, '\n', [&](std::string_view line) {
    if (!line.starts_with(beginning)) return;
    if (!is_first) paths.emplace(line.substr(beginning.size()));
    is_first = false;
  });
  return paths;
}

std::set<std::string> registered_worktrees(const fs::path& repository) {
  return worktrees_in(output_of(git_call(repository, {"worktree", "list", "--porcelain"})));
}

std::set<std::string> instance_branches(const fs::path& repository) {
  std::set<std::string> branches;
  const std::string pattern = std::string("refs/heads/").append(instance_branch_prefix);
  const auto list =
      output_of(git_call(repository, {"for-each-ref", "--format=%(refname:lstrip=2)", pattern}));
  each_piece(list, '\n', [&](std::string_view line) { branches.emplace(line); });
  return branches;
}

std::vector<Pane> panes_in(std::string_view list) {
  std::vector<Pane> found;
  each_piece(list, '\n', [&](std::string_view line) {
    std::vector<std::string> fields;
    each_piece(line, '\t', [&](std::string_view field) { fields.emplace_back(field); });
    if (fields.size() != 4 || fields[2] == control_session || fields[2] == people_session) return;
    found.push_back({.session = fields[2],
                     .window = fields[3],
                     .pid = pid_in(fields[0]),
                     .dead = fields[1] == "1"});
  });
  return found;
}

std::vector<Pane> panes(const fs::path& tmux_socket) {
  ProgramCall call;
  call.arguments = {"tmux",
                    "-S",
                    tmux_socket.string(),
                    "list-panes",
                    "-a",
                    "-F",
                    "#{pane_pid}\t#{pane_dead}\t#{session_name}\t#{window_name}"};
  call.dropped_prefixes = {"TMUX"};
  const ProgramOutcome outcome = run_program(call);
  if (outcome.succeeded()) return panes_in(outcome.output);
  // "no server running on …", "error connecting to … (No such file or directory)", "lost server"
  const auto& errors = outcome.errors;
  const bool no_server =
      errors.starts_with("no server") || errors.starts_with("error connecting") ||
      errors.starts_with("lost server") || errors.starts_with("server exited") ||
      errors.starts_with("no current target");  // it has no session yet, or no more
  if (no_server) return {};
  throw Error(ErrorCode::unavailable, "tmux list-panes: " + errors);
}

std::vector<pid_t> tmux_servers(const fs::path& tmux_socket) {
  using namespace std::string_literals;
  const std::string beginning = "tmux\0-D\0-S\0"s + tmux_socket.string() + "\0"s;
  std::vector<pid_t> found;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator("/proc", failure)) {
    const pid_t pid = pid_in(entry.path().filename().native());
    if (pid > 0 && read_whole(proc_of(pid) / "cmdline").starts_with(beginning)) {
      found.push_back(pid);
    }
  }
  return found;
}

std::set<std::string> entries_of(const fs::path& directory) {
  std::set<std::string> names;
  std::error_code failure;
  for (fs::directory_iterator at(directory, failure), end; !failure && at != end;
       at.increment(failure)) {
    names.insert(at->path().filename().string());
  }
  return names;
}

std::set<std::string> instance_sockets(const fs::path& runtime_directory) {
  std::set<std::string> instances;
  for (const auto& name : entries_of(runtime_directory)) {
    if (!name.starts_with(socket_prefix) || !name.ends_with(socket_suffix)) continue;
    instances.insert(name.substr(socket_prefix.size(),
                                 name.size() - socket_prefix.size() - socket_suffix.size()));
  }
  return instances;
}

std::vector<std::string> leftovers_of(const YardPlaces& places, const InstanceTraces& instance) {
  std::vector<std::string> left;
  const auto note = [&](const std::string& what) { left.push_back(instance.name + ": " + what); };
  if (!instance.token.empty()) {
    for (const auto& process : processes_with_token(instance.token)) {
      if (process.token == instance.token) note(describe(process));
    }
  }
  if (fs::exists(instance.worktree)) note("directory " + instance.worktree);
  if (registered_worktrees(places.repository).contains(instance.worktree)) {
    note("worktree " + instance.worktree + " in git's list");
  }
  if (instance_branches(places.repository).contains(instance.branch)) {
    note("branch " + instance.branch);
  }
  if (instance_sockets(places.runtime_directory).contains(instance.name)) note("socket");
  for (const auto& pane : panes(places.tmux_socket())) {
    if (pane.session == instance.tmux_session && pane.window == instance.tmux_window) {
      note(describe(pane));
    }
  }
  return left;
}

std::vector<std::string> leftovers_in(const YardPlaces& places) {
  std::vector<std::string> left;
  for (const auto& process : processes_with_token(places.token_prefix())) {
    left.push_back(describe(process));
  }
  for (const auto& name : entries_of(places.worktrees())) {
    left.push_back("directory " + (places.worktrees() / name).string());
  }
  for (const auto& path : registered_worktrees(places.repository)) {
    left.push_back("worktree " + path + " in git's list");
  }
  for (const auto& branch : instance_branches(places.repository)) {
    left.push_back("branch " + branch);
  }
  for (const auto& name : instance_sockets(places.runtime_directory)) {
    left.push_back("socket of " + name);
  }
  for (const auto& pane : panes(places.tmux_socket())) left.push_back(describe(pane));
  for (const auto& name : entries_of(places.launches())) left.push_back("launch file " + name);
  const auto servers = tmux_servers(places.tmux_socket());
  if (servers.size() > 1) left.push_back(std::to_string(servers.size()) + " tmux servers");
  return left;
}

bool is_trash_empty(const YardPlaces& places) { return entries_of(places.trash()).empty(); }

}  // namespace yardmaster::loadgen
