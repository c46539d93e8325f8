// Preloaded into a store's process, this makes the disk slower than it is: every fsync and
// fdatasync takes as long as it does, and then a delay on top. loadgen/fsync_delay.h says how it
// gets there.
//
//   LOADGEN_FSYNC_DELAY="PROGRAM SHAPE FIRST SECOND SEED"   see DelayDistribution; nanoseconds
//
// Only the program with that file name is delayed, so that what starts it (a shell, pg_ctl) can
// pass it on. There the environment is read once and cleared, before main(): whatever the store
// starts by exec is not delayed, while children that it only forks (PostgreSQL's) stay as slow as
// it is. All of them draw from one sequence.
//
// Not delayed: sync_file_range, which does not wait for the disk's cache; syncfs, msync(MS_SYNC)
// and O_DSYNC, which neither store uses unless its configuration asks for it.
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "loadgen/faults/delay_distribution.h"

namespace {

using yardmaster::loadgen::DelayDistribution;

constexpr const char* parameters = "LOADGEN_FSYNC_DELAY";

struct Delays {
  DelayDistribution distribution;
  std::uint64_t seed = 0;
  std::atomic<std::uint64_t>* drawn = nullptr;  // so many, also by forked children
};

// There is no one to pass it in.
Delays delays;

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

bool is_this_program(const char* name) {
  std::array<char, 4096> path{};
  if (::readlink("/proc/self/exe", path.data(), path.size() - 1) <= 0) return false;
  const char* const slash = std::strrchr(path.data(), '/');
  return slash != nullptr && std::strcmp(slash + 1, name) == 0;
}

// This library is the first that was to be preloaded; others are not ours to forget.
void forget_environment() {
  ::unsetenv(parameters);
  const char* const preloaded = std::getenv("LD_PRELOAD");
  const char* const others = preloaded == nullptr ? nullptr : std::strchr(preloaded, ':');
  if (others == nullptr) {
    ::unsetenv("LD_PRELOAD");
  } else {
    ::setenv("LD_PRELOAD", others + 1, 1);
  }
}

[[gnu::constructor]] void read_environment() {
  const char* const text = std::getenv(parameters);
  if (text == nullptr) return;
  std::array<char, 64> program{};
  int shape = 0;
  long long first = 0;
  long long second = 0;
  unsigned long long seed = 0;
  // Numbers are read without a C++ runtime, and by the one who wrote them.
  const int fields =
      // NOLINTNEXTLINE(bugprone-unchecked-string-to-number-conversion)
      std::sscanf(text, "%63s %d %lld %lld %llu", program.data(), &shape, &first, &second, &seed);
  // loadgen measures the delay before it relies on it: it finds out about one that is not there.
  if (fields != 5 || !is_this_program(program.data())) return;
  forget_environment();
  void* const shared = ::mmap(nullptr, sizeof(*delays.drawn), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return;
  delays.drawn = new (shared) std::atomic<std::uint64_t>(0);
  delays.distribution = {.shape = static_cast<DelayDistribution::Shape>(shape),
                         .first_ns = first,
                         .second_ns = second};
  delays.seed = seed;
}

timespec moment_after(std::int64_t delay_ns) {
  timespec moment{};
  ::clock_gettime(CLOCK_MONOTONIC, &moment);
  const std::int64_t total = moment.tv_nsec + delay_ns;
  moment.tv_sec += total / 1'000'000'000;
  moment.tv_nsec = total % 1'000'000'000;
  return moment;
}

// This sleeps to the moment instead of up to 50 µs longer, and leaves the thread's other timers as
// they are.
void sleep_until(const timespec& moment) {
  const int slack = ::prctl(PR_GET_TIMERSLACK);
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nullptr) == EINTR) {
  }
  if (slack > 0) ::prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack));
}

int delayed(int result) {
  if (delays.drawn == nullptr) return result;
  const int error = errno;
  const auto n = delays.drawn->fetch_add(1, std::memory_order_relaxed);
  sleep_until(moment_after(delays.distribution.nth_ns(delays.seed, n)));
  errno = error;
  return result;
}

}  // namespace

extern "C" {

int fdatasync(int fd) {
  static const auto real = next<decltype(&fdatasync)>("fdatasync");
  return delayed(real(fd));
}

int fsync(int fd) {
  static const auto real = next<decltype(&fsync)>("fsync");
  return delayed(real(fd));
}
}
