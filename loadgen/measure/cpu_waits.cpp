#include "loadgen/measure/cpu_waits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace yardmaster::loadgen {
namespace {

constexpr std::chrono::milliseconds look_every{4};
constexpr std::chrono::milliseconds settle_every{500};
// Over less time the system's counters, in hundredths of a second, say too little.
constexpr std::chrono::milliseconds shortest_account{200};

double seconds_from_ticks(double ticks) {
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// CPU time that all processes used, and what the host took away; interrupts are nobody's.
double busy_so_far_s() {
  std::ifstream stat("/proc/stat");
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  stat >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  return seconds_from_ticks(user + nice + system + steal);
}

std::string task_directory(pid_t pid) { return "/proc/" + std::to_string(pid) + "/task"; }

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> threads;
  std::error_code failure;
  std::filesystem::directory_iterator entries(task_directory(pid), failure);
  for (const auto end = std::filesystem::directory_iterator(); !failure && entries != end;
       entries.increment(failure)) {
    const std::string name = entries->path().filename();
    pid_t thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    threads.push_back(thread);
  }
  return threads;
}

// Of a process and of those of its children that it waited for.
double cpu_with_children_s(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int i = 3; i <= 13; ++i) fields >> skipped;
  double sum = 0;
  for (int i = 14; i <= 17; ++i) {
    double ticks = 0;
    fields >> ticks;
    sum += ticks;
  }
  return seconds_from_ticks(sum);
}

// Adds the process and all that descend from it.
void add_tree(pid_t pid, std::set<pid_t>& tree) {
  if (!tree.insert(pid).second) return;
  for (const pid_t thread : threads_of(pid)) {
    std::ifstream children(task_directory(pid) + "/" + std::to_string(thread) + "/children");
    for (pid_t child = 0; children >> child;) add_tree(child, tree);
  }
}

double own_so_far_s(pid_t coordinator) {
  std::set<pid_t> own;
  add_tree(::getpid(), own);
  add_tree(coordinator, own);
  double sum = 0;
  for (const pid_t pid : own) sum += cpu_with_children_s(pid);
  return sum;
}

// The second field, in nanoseconds.
std::optional<std::chrono::nanoseconds> time_waited(int schedstat) {
  std::array<char, 96> text{};
  const auto length = ::pread(schedstat, text.data(), text.size(), 0);
  if (length <= 0) return std::nullopt;
  const char* const end = text.data() + length;
  const char* const blank = std::find(static_cast<const char*>(text.data()), end, ' ');
  if (blank == end) return std::nullopt;
  std::int64_t waited = 0;
  if (std::from_chars(blank + 1, end, waited).ec != std::errc()) return std::nullopt;
  return std::chrono::nanoseconds(waited);
}

}  // namespace

void WaitAccount::settle(double others_share, PauseLog& counted) {
  if (others_share >= least_share) {
    for (const Wait& wait : open_) counted.note(wait.begin, wait.end);
  }
  open_.clear();
}

void CpuWaits::watch(pid_t coordinator) {
  const std::lock_guard lock(mutex_);
  coordinator_ = coordinator;
  threads_.clear();
  account_.clear();
  if (coordinator_ <= 0) return;
  begin_account(std::chrono::steady_clock::now());
}

void CpuWaits::find_threads() {
  std::map<pid_t, Thread> threads;
  for (const pid_t id : threads_of(coordinator_)) {
    if (const auto known = threads_.find(id); known != threads_.end()) {
      threads[id] = std::move(known->second);
      continue;
    }
    const std::string path = task_directory(coordinator_) + "/" + std::to_string(id) + "/schedstat";
    UniqueFd schedstat(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto waited = time_waited(schedstat.get());
    if (waited) threads[id] = {.schedstat = std::move(schedstat), .waited = *waited};
  }
  threads_ = std::move(threads);
}

void CpuWaits::begin_account(SteadyTime now) {
  find_threads();
  looked_ = account_began_ = now;
  busy_before_s_ = busy_so_far_s();
  own_before_s_ = own_so_far_s(coordinator_);
}

// A wait is counted when it is over, so that it began that long before the last look at the latest.
void CpuWaits::tick(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (coordinator_ <= 0 || now - looked_ < look_every) return;
  for (auto& [id, thread] : threads_) {
    const auto waited = time_waited(thread.schedstat.get());
    if (!waited) continue;
    const auto more = *waited - std::exchange(thread.waited, *waited);
    if (more >= PauseLog::shortest) account_.add(looked_ - more, now);
  }
  looked_ = now;
  if (now - account_began_ >= settle_every) settle_account(now);
}

void CpuWaits::settle_account(SteadyTime now) {
  const double length_s = std::chrono::duration<double>(now - account_began_).count();
  if (now - account_began_ >= shortest_account) {
    const double busy_s = busy_so_far_s() - busy_before_s_;
    const double own_s = own_so_far_s(coordinator_) - own_before_s_;
    share_before_ = (busy_s - own_s) / length_s;
  }
  account_.settle(share_before_, counted_);
  begin_account(now);
}

void CpuWaits::settle(SteadyTime now) {
  tick(now);
  const std::lock_guard lock(mutex_);
  if (coordinator_ > 0) settle_account(now);
}

void CpuWaits::reset() {
  const std::lock_guard lock(mutex_);
  account_.clear();
  counted_.reset();
}

}  // namespace yardmaster::loadgen
