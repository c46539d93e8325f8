#include "coordinator/instances/processes/process_tree.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include <sys/syscall.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/proc_files.h"

namespace yardmaster {
namespace {

using namespace std::string_literals;

constexpr std::int64_t first_process = 1;
// A process that becomes another program has neither words nor variables for a moment.
constexpr int environment_attempts = 10;
constexpr auto environment_pause = std::chrono::milliseconds(1);
// The number of listings is limited: on a machine that makes processes all the time there is always
// a new one.
constexpr int most_listings = 8;

// "NAME=value" among variables that end with zeros each.
bool holds_variable(std::string_view environment, std::string_view variable) {
  for (std::size_t at = environment.find(variable); at != std::string_view::npos;
       at = environment.find(variable, at + 1)) {
    const std::size_t end = at + variable.size();
    const bool begins = at == 0 || environment[at - 1] == '\0';
    if (begins && (end == environment.size() || environment[end] == '\0')) return true;
  }
  return false;
}

bool carries(std::int64_t pid, const std::string& variable) {
  for (int attempt = 0; attempt < environment_attempts; ++attempt) {
    const std::string environment = read_proc_file(pid, "environ");
    if (!environment.empty()) return holds_variable(environment, variable);
    const auto stat = read_proc_stat(pid);
    if (!stat || stat->is_zombie || !read_proc_file(pid, "cmdline").empty()) return false;
    std::this_thread::sleep_for(environment_pause);
  }
  return false;
}

class TreeSearch {
 public:
  explicit TreeSearch(const ProcessTreeQuery& query) : query_(query) {
    if (!query.token.empty()) variable_ = std::string(token_variable) + "=" + query.token;
    spared_.insert(query.spared.begin(), query.spared.end());
    spared_.insert(::getpid());
    find_root();
    scan_processes();
  }

  std::vector<ProcessHandle> run() {
    if (!query_.root && variable_.empty()) return {};
    for (const std::int64_t pid : seeds_) add(pid);
    while (!unvisited_.empty()) {
      const std::int64_t parent = unvisited_.back();
      unvisited_.pop_back();
      add_children(parent);
    }
    return open_members();
  }

 private:
  void find_root();
  void scan_processes();
  void inspect(std::int64_t pid);
  bool is_seed(const ProcStat& process) const;
  bool is_root(const ProcStat& process) const;
  void add(std::int64_t pid);
  void add_children(std::int64_t parent);
  std::vector<ProcessHandle> open_members() const;

  const ProcessTreeQuery& query_;
  std::string variable_;
  std::set<std::int64_t> spared_;
  bool has_session_ = false;  // the root's pid still names its session
  std::map<std::int64_t, ProcStat> processes_;
  std::multimap<std::int64_t, std::int64_t> children_;
  std::vector<std::int64_t> seeds_;
  std::set<std::int64_t> members_;
  std::vector<std::int64_t> unvisited_;
};

// While anything is left of a session, the pid of its leader is not given again: so the session is
// the root's unless another process has that pid by now.
void TreeSearch::find_root() {
  if (!query_.root || query_.root->pid <= first_process) return;
  const std::string boot_id = read_boot_id();
  if (!boot_id.empty() && !query_.root->boot_id.empty() && boot_id != query_.root->boot_id) return;
  const auto process = read_proc_stat(query_.root->pid);
  has_session_ = !process || is_root(*process);
}

// Processes are listed until no new one appears: a process that lives shorter than one listing
// takes is seen at least in the processes that came after it.
void TreeSearch::scan_processes() {
  std::set<std::int64_t> seen;
  bool found = true;
  for (int listing = 0; found && listing < most_listings; ++listing) {
    found = false;
    for (const std::int64_t pid : list_processes()) {
      if (!seen.insert(pid).second) continue;
      found = true;
      inspect(pid);
    }
  }
}

void TreeSearch::inspect(std::int64_t pid) {
  const auto process = read_proc_stat(pid);
  if (!process || process->is_kernel_thread || pid == first_process) return;
  processes_.emplace(pid, *process);
  children_.emplace(process->parent, pid);
  if (is_seed(*process)) seeds_.push_back(pid);
}

bool TreeSearch::is_root(const ProcStat& process) const {
  return process.pid == query_.root->pid && process.start_ticks == query_.root->start_ticks;
}

bool TreeSearch::is_seed(const ProcStat& process) const {
  if (has_session_ && (process.session == query_.root->pid || is_root(process))) return true;
  return !variable_.empty() && !process.is_zombie && carries(process.pid, variable_);
}

void TreeSearch::add(std::int64_t pid) {
  if (spared_.contains(pid) || !members_.insert(pid).second) return;
  unvisited_.push_back(pid);
}

// A process that is older than its parent is not its child: they were looked at one after the
// other, and the pid came to be another's in between.
void TreeSearch::add_children(std::int64_t parent) {
  const std::uint64_t parent_start = processes_.at(parent).start_ticks;
  const auto [first, last] = children_.equal_range(parent);
  for (auto child = first; child != last; ++child) {
    if (processes_.at(child->second).start_ticks >= parent_start) add(child->second);
  }
}

bool may_be_ended(int pidfd) {
  return ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0U) == 0;
}

// Opens first and reads then: while the pidfd has not ended, the pid cannot be another's.
std::vector<ProcessHandle> TreeSearch::open_members() const {
  const std::string boot_id = read_boot_id();
  std::vector<ProcessHandle> handles;
  for (const std::int64_t pid : members_) {
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0U)));
    if (!pidfd && (errno == EMFILE || errno == ENFILE)) {
      if (!handles.empty()) return handles;
      throw Error(ErrorCode::unavailable,
                  std::string("cannot look for processes: ") + std::strerror(errno));
    }
    if (!pidfd || is_readable(pidfd.get()) || !may_be_ended(pidfd.get())) continue;
    const auto now = read_proc_stat(pid);
    const std::uint64_t start_ticks = processes_.at(pid).start_ticks;
    if (!now || now->start_ticks != start_ticks) continue;
    handles.push_back({{pid, start_ticks, boot_id}, std::move(pidfd)});
  }
  return handles;
}

}  // namespace

std::vector<ProcessHandle> find_process_tree(const ProcessTreeQuery& query) {
  return TreeSearch(query).run();
}

std::vector<std::string> find_tokens(const std::string& prefix) {
  const std::string variable = std::string(token_variable) + "=";
  std::set<std::string> tokens;
  for (const std::int64_t pid : list_processes()) {
    const std::string environment = "\0"s + read_proc_file(pid, "environ");
    const std::size_t found = environment.find("\0"s + variable + prefix);
    if (found == std::string::npos || pid == ::getpid()) continue;
    const std::size_t begin = found + 1 + variable.size();
    tokens.insert(environment.substr(begin, environment.find('\0', begin) - begin));
  }
  return {tokens.begin(), tokens.end()};
}

}  // namespace yardmaster
