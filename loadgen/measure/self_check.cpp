#include "loadgen/measure/self_check.h"

#include <chrono>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "coordinator/base/clock.h"

namespace yardmaster::loadgen {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double ticks_per_second() { return static_cast<double>(::sysconf(_SC_CLK_TCK)); }

// The field "steal" of the first line of /proc/stat, of all CPUs.
double stolen_so_far() {
  std::ifstream stat("/proc/stat");
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  stat >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  return stat ? steal / ticks_per_second() : 0;
}

}  // namespace

SelfCheck::SelfCheck(PauseLog& pauses, CpuWaits* waits)
    : pauses_(pauses), waits_(waits), stolen_before_(stolen_so_far()), thread_([this] { run(); }) {}

SelfCheck::~SelfCheck() {
  stopping_ = true;
  thread_.join();
}

void SelfCheck::reset() {
  hiccups_.reset();
  stolen_before_ = stolen_so_far();
}

double SelfCheck::stolen_cpu_s() const { return stolen_so_far() - stolen_before_; }

void SelfCheck::run() {
  use_exact_timers();
  HiccupClock clock(std::chrono::steady_clock::now());
  while (!stopping_) {
    const timespec until = to_timespec(clock.next());
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    const auto now = std::chrono::steady_clock::now();
    pauses_.note(clock.next(), now);
    clock.wake(now, hiccups_);
    if (waits_ != nullptr) waits_->tick(now);
  }
}

double own_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

double cpu_s_of(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(stat, line);
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  // The name is followed by fields 3 to 13, then 14 and 15, user and system time.
  for (int i = 3; i <= 13; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / ticks_per_second();
}

std::uint64_t resident_bytes_of(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void use_exact_timers() { ::prctl(PR_SET_TIMERSLACK, 1); }

}  // namespace yardmaster::loadgen
