#include "tests/faults/real_yard.h"

#include <set>

#include <gtest/gtest.h>
#include <unistd.h>

#include "loadgen/real/agent_options.h"
#include "loadgen/real/captured_program.h"
#include "loadgen/real/remains.h"
#include "loadgen/real/work_repository.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

constexpr const char* repository_name = "work";
// Long enough for a grace, several checkouts and what else the machine does meanwhile.
constexpr std::chrono::seconds settling{60};

DaemonOptions options(const std::filesystem::path& place) {
  const json config{{"kill_grace", "200ms"}, {"roles_file", place / "roles.json"}};
  return {.config = config.dump()};
}

loadgen::ProgramCall tmux(const std::filesystem::path& socket, std::vector<std::string> words) {
  loadgen::ProgramCall call;
  call.arguments = {"tmux", "-S", socket.string()};
  call.arguments.insert(call.arguments.end(), words.begin(), words.end());
  call.dropped_prefixes = {"TMUX"};
  return call;
}

// The picture says what there should be of all instances, and is, as texts that can be compared.
struct Picture {
  std::set<std::string> processes, directories, worktrees, branches, sockets, windows;
};

std::string window_text(const std::string& session, const std::string& window, pid_t pid) {
  return session + ":" + window + " of " + std::to_string(pid);
}

void compare(const std::string& what, const std::set<std::string>& known,
             const std::set<std::string>& there, std::vector<std::string>& found) {
  for (const auto& each : known) {
    if (!there.contains(each)) found.push_back(what + " " + each + " is not there");
  }
  for (const auto& each : there) {
    if (!known.contains(each)) found.push_back(what + " " + each + " is left over");
  }
}

}  // namespace

RealYard::RealYard(std::uint64_t files)
    : daemon_(options(place_.path())),
      places_{.state_directory = daemon_.state_dir(),
              .runtime_directory = daemon_.runtime_dir(),
              .repository = place_ / repository_name,
              .repository_name = repository_name} {
  std::filesystem::create_directories(journals());
  loadgen::make_work_repository(places_.repository, files, 1, [] {});
  daemon_.call("add_repo", {{"name", repository_name}, {"path", places_.repository}});
}

RealYard::~RealYard() {
  daemon_.kill();
  const loadgen::Remains ended(places_.tmux_socket(), places_.token_prefix());
}

json RealYard::request(const std::string& name, std::vector<std::string> words) const {
  words.insert(words.end(), {"--owner", std::to_string(::getpid())});
  return {{"instance_id", name},
          {"role", "worker"},
          {"repo", repository_name},
          {"agent_command", loadgen::agent_command(loadgen_program(), words)}};
}

json RealYard::instances() const { return daemon_.call("list_instances").at("instances"); }

std::vector<std::string> RealYard::disagreements() const {
  std::vector<std::string> found;
  Picture known;
  std::set<std::string> tokens;
  for (const auto& instance : instances()) {
    const auto name = instance.at("instance_id").get<std::string>();
    const auto state = instance.at("state").get<std::string>();
    if (state != "running" && state != "idle") {
      found.push_back(name + " is " + state);
      continue;
    }
    const auto pid = instance.at("pid").get<pid_t>();
    if (!loadgen::is_running(pid)) found.push_back(name + " is listed, but its agent has ended");
    tokens.insert(loadgen::token_of(pid));
    known.directories.insert(name);
    known.worktrees.insert(instance.at("worktree_path").get<std::string>());
    known.branches.insert(instance.at("branch").get<std::string>());
    known.sockets.insert(name);
    known.windows.insert(window_text(instance.at("tmux_session").get<std::string>(),
                                     instance.at("tmux_window").get<std::string>(), pid));
  }
  if (!found.empty()) return found;  // a further look-up takes long
  for (const auto& process : loadgen::processes_with_token(places_.token_prefix())) {
    if (tokens.contains(process.token)) continue;
    found.push_back("process " + std::to_string(process.pid) + " (" + process.command +
                    ") with the token " + process.token + " is left over");
  }
  Picture there;
  for (const auto& pane : loadgen::panes(places_.tmux_socket())) {
    if (pane.dead) found.push_back("the pane of " + pane.window + " is dead");
    there.windows.insert(window_text(pane.session, pane.window, pane.pid));
  }
  compare("window", known.windows, there.windows, found);
  compare("directory", known.directories, loadgen::entries_of(places_.worktrees()), found);
  compare("worktree", known.worktrees, loadgen::registered_worktrees(places_.repository), found);
  compare("branch", known.branches, loadgen::instance_branches(places_.repository), found);
  compare("socket", known.sockets, loadgen::instance_sockets(places_.runtime_directory), found);
  compare("launch file", {}, loadgen::entries_of(places_.launches()), found);
  if (!loadgen::is_trash_empty(places_)) found.emplace_back("the trash is not empty");
  const auto servers = loadgen::tmux_servers(places_.tmux_socket());
  if (servers.size() > 1) {
    found.push_back("there are " + std::to_string(servers.size()) + " tmux servers");
  }
  return found;
}

void RealYard::wait_until_consistent() const {
  std::vector<std::string> left;
  const auto agree = [&] {
    left = disagreements();
    return left.empty();
  };
  ASSERT_TRUE(eventually(agree, Deadline(settling)))
      << testing::PrintToString(left) << "\nthe daemon's log:\n"
      << daemon_.log();
}

pid_t RealYard::tmux_server() const {
  const auto outcome =
      loadgen::run_program(tmux(places_.tmux_socket(), {"display-message", "-p", "#{pid}"}));
  return outcome.succeeded() ? std::stoi(outcome.output) : 0;
}

void RealYard::kill_window(const loadgen::Pane& pane) const {
  loadgen::run_program(
      tmux(places_.tmux_socket(), {"kill-window", "-t", "=" + pane.session + ":=" + pane.window}));
}

}  // namespace yardmaster::support
