#include "coordinator/base/stall_detector.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace yardmaster {
namespace {

using std::chrono::nanoseconds;

// A wait of the loop that is over sooner has not slept: something was ready.
constexpr auto shortest_sleep = std::chrono::microseconds(10);
// After a wait that took so long, a few microseconds more are nothing.
constexpr auto long_wait = std::chrono::milliseconds(1);
constexpr auto longest_unread = std::chrono::milliseconds(5);
constexpr auto longest_unread_others = std::chrono::milliseconds(20);
// A thread that is younger is not known yet: opening their figures takes ten times as long as
// reading them.
constexpr auto longest_unlisted_others = std::chrono::seconds(1);
constexpr std::string_view unnamed = "unnamed";

thread_local StallDetector* detector_of_thread = nullptr;

nanoseconds thread_time() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// For a processor, as the second figure of a thread's schedstat says it.
nanoseconds waited(int schedstat) noexcept {
  std::array<char, 80> buffer{};
  const ssize_t size = ::pread(schedstat, buffer.data(), buffer.size(), 0);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  const std::size_t space = text.find(' ');
  std::int64_t value = 0;
  if (space != std::string_view::npos) {
    std::from_chars(text.data() + space + 1, text.data() + text.size(), value);
  }
  return nanoseconds(value);
}

}  // namespace

StallDetector::StallDetector(nanoseconds limit, int slowdown, OnStall on_stall)
    : limit_(limit), slowdown_(slowdown), on_stall_(std::move(on_stall)) {}

StallDetector::Watch::Watch(StallDetector& detector)
    : earlier_(std::exchange(detector_of_thread, &detector)) {
  detector.thread_ = ::syscall(SYS_gettid);
  detector.scheduler_ = UniqueFd(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC));
  detector.wait_began_ = SteadyTime{};
  detector.begin_turn();
}

StallDetector::Watch::~Watch() {
  detector_of_thread->end_turn();
  detector_of_thread = earlier_;
}

void StallDetector::begin_turn() noexcept {
  const SteadyTime now = std::chrono::steady_clock::now();
  turn_began_ = part_began_ = now;
  part_ = longest_part_ = unnamed;
  longest_ = {};
  if (now - wait_began_ > shortest_sleep) ++waits_since_;
  if (limit_.count() == 0) return;
  if (now - wait_began_ < long_wait && now - earlier_.at < longest_unread) return;
  earlier_ = read_spent();
  earlier_.at = now;
  waits_since_ = 0;
  if (now - others_at_ < longest_unread_others) return;
  if (now - others_found_ >= longest_unlisted_others) {
    find_others();
    others_found_ = now;
  }
  others_waited_ = waits_of_others();
  others_at_ = now;
}

void StallDetector::end_turn() noexcept {
  const SteadyTime now = std::chrono::steady_clock::now();
  const nanoseconds took = now - turn_began_;
  wait_began_ = now;
  turns_.total += took;
  const auto edge = std::find_if(LoopTurns::edges.begin(), LoopTurns::edges.end(),
                                 [&](auto limit) { return took <= limit; });
  ++turns_.counts[static_cast<std::size_t>(edge - LoopTurns::edges.begin())];
  if (limit_.count() > 0 && took > limit_) judge(now);
}

// Where the figures are older than the turn, what may belong to earlier turns is left out.
void StallDetector::judge(SteadyTime now) noexcept {
  const int error = errno;
  run(unnamed, now);
  const nanoseconds took = now - turn_began_;
  const nanoseconds before = turn_began_ - earlier_.at;
  const Spent spent = read_spent();
  const nanoseconds computed = spent.computing - earlier_.computing;
  const nanoseconds computing = std::clamp(computed - before, nanoseconds(0), took);
  nanoseconds sleeping{};
  if (spent.sleeps - earlier_.sleeps > waits_since_) {
    const nanoseconds others = std::max(nanoseconds(0), waits_of_others() - others_waited_);
    const nanoseconds waiting = spent.waiting - earlier_.waiting;
    sleeping = std::max(nanoseconds(0), took - std::min(computed, took) - waiting - others);
  }
  if (computing / slowdown_ + sleeping > limit_) {
    ++stalls_;
    on_stall_(Stall{longest_part_, computing + sleeping, computing});
  }
  wait_began_ = std::chrono::steady_clock::now();
  errno = error;
}

void StallDetector::run(std::string_view name, SteadyTime now) noexcept {
  const nanoseconds took = now - part_began_;
  if (took > longest_) {
    longest_ = took;
    longest_part_ = part_;
  }
  part_ = name;
  part_began_ = now;
}

StallDetector::Spent StallDetector::read_spent() const noexcept {
  Spent spent;
  spent.computing = thread_time();
  spent.waiting = waited(scheduler_.get());
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  spent.sleeps = usage.ru_nvcsw;
  return spent;
}

// Keeps the descriptors of the threads that are known.
void StallDetector::find_others() {
  const std::string tasks = "/proc/self/task";
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(tasks.c_str()), &::closedir);
  if (!directory) return;
  std::vector<Other> found;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string name(&entry->d_name[0]);
    long thread = 0;  // stays so for "." and ".."
    std::from_chars(name.data(), name.data() + name.size(), thread);
    if (thread == 0 || thread == thread_) continue;
    const auto known = std::find_if(others_.begin(), others_.end(), [&](const Other& other) {
      return other.thread == thread && other.scheduler;
    });
    if (known != others_.end()) {
      found.push_back(std::move(*known));
      continue;
    }
    found.push_back({thread, UniqueFd(::open((tasks + "/" + name + "/schedstat").c_str(),
                                             O_RDONLY | O_CLOEXEC))});
  }
  others_ = std::move(found);
}

nanoseconds StallDetector::waits_of_others() const {
  nanoseconds sum{};
  for (const Other& other : others_) {
    if (other.scheduler) sum += waited(other.scheduler.get());
  }
  return sum;
}

void now_running(std::string_view name) noexcept {
  StallDetector* const detector = detector_of_thread;
  if (detector == nullptr || detector->part_.data() == name.data()) return;
  detector->run(name, std::chrono::steady_clock::now());
}

std::string_view running_now() noexcept {
  return detector_of_thread == nullptr ? unnamed : detector_of_thread->part_;
}

}  // namespace yardmaster

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's --wrap
// gives these names.
extern "C" {

int __real_epoll_wait(int epoll, epoll_event* events, int most, int timeout);

int __wrap_epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  yardmaster::StallDetector* const detector = yardmaster::detector_of_thread;
  if (detector == nullptr) return __real_epoll_wait(epoll, events, most, timeout);
  detector->end_turn();
  const int ready = __real_epoll_wait(epoll, events, most, timeout);
  const int error = errno;
  detector->begin_turn();
  errno = error;
  return ready;
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
