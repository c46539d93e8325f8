// Sees what keeps a thread from its event loop, and says what it was (the idea is Seastar's
// detector of reactor stalls). A turn is what runs between two waits of the loop. It is a stall
// when the thread spent more of it than the limit, computing or asleep in a system call; time in
// which other programs had the processor, or the host had it, is not the turn's.
//
// Turns are told from waits by a wrapper around epoll_wait(), which the linker puts in its place
// (--wrap), and which asks what detector watches its thread: hence the one thread-local pointer. A
// turn costs two readings of the clock. The scheduler's figures, which cost microseconds, are read
// after waits that took their time, and every few milliseconds under load: then up to 5 ms of a
// turn may be overlooked. All of it on the watched thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "coordinator/base/clock.h"
#include "coordinator/base/unique_fd.h"

namespace yardmaster {

// Estimates of how much longer a build without optimisation computes, and one with sanitizers.
#if defined(YARDMASTER_SANITIZED)
inline constexpr int build_slowdown = 10;
#elif !defined(__OPTIMIZE__)
inline constexpr int build_slowdown = 5;
#else
inline constexpr int build_slowdown = 1;
#endif

struct Stall {
  std::string_view during;            // what ran longest in that turn
  std::chrono::nanoseconds duration;  // without what others had of the processor
  std::chrono::nanoseconds computing;
};

// What all turns so far took, on the clock.
struct LoopTurns {
  // Upper edges of the buckets; the last bucket has no edge.
  static constexpr std::array<std::chrono::milliseconds, 8> edges{
      std::chrono::milliseconds(1),   std::chrono::milliseconds(2),   std::chrono::milliseconds(5),
      std::chrono::milliseconds(10),  std::chrono::milliseconds(20),  std::chrono::milliseconds(50),
      std::chrono::milliseconds(200), std::chrono::milliseconds(1000)};
  std::array<std::uint64_t, edges.size() + 1> counts{};
  std::chrono::nanoseconds total{};
};

class StallDetector {
 public:
  // Must not throw; what it takes itself counts to no turn.
  using OnStall = std::function<void(const Stall& stall)>;

  // A limit of zero: nothing is a stall. `slowdown`: how much longer this build computes than one
  // for release; what a turn computed counts in so many parts.
  StallDetector(std::chrono::nanoseconds limit, int slowdown, OnStall on_stall);
  StallDetector(const StallDetector&) = delete;
  StallDetector& operator=(const StallDetector&) = delete;

  // Watches the calling thread's loop while it lives. The first turn begins with it.
  class Watch {
   public:
    explicit Watch(StallDetector& detector);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    StallDetector* earlier_;
  };

  const LoopTurns& turns() const { return turns_; }
  std::uint64_t stalls() const { return stalls_; }

  // Around each wait of the loop.
  void end_turn() noexcept;
  void begin_turn() noexcept;

 private:
  friend void now_running(std::string_view name) noexcept;
  friend std::string_view running_now() noexcept;

  // What the scheduler has counted of this thread.
  struct Spent {
    SteadyTime at{};
    std::chrono::nanoseconds computing{};
    std::chrono::nanoseconds waiting{};  // runnable, while others had the processor
    long sleeps = 0;                     // how often it gave the processor away by itself
  };

  // Another thread of this process, with its schedstat.
  struct Other {
    long thread = 0;
    UniqueFd scheduler;
  };

  Spent read_spent() const noexcept;
  void find_others();
  std::chrono::nanoseconds waits_of_others() const;
  void run(std::string_view name, SteadyTime now) noexcept;
  void judge(SteadyTime now) noexcept;

  const std::chrono::nanoseconds limit_;
  const int slowdown_;
  const OnStall on_stall_;
  long thread_ = 0;
  UniqueFd scheduler_;  // this thread's schedstat
  LoopTurns turns_;
  std::uint64_t stalls_ = 0;
  SteadyTime turn_began_{};
  SteadyTime wait_began_{};
  SteadyTime part_began_{};
  std::string_view part_;
  std::string_view longest_part_;
  std::chrono::nanoseconds longest_{};
  Spent earlier_;                             // at or before the beginning of this turn
  long waits_since_ = 0;                      // since then, and each may have been a sleep
  std::chrono::nanoseconds others_waited_{};  // the other threads for a processor, until
  SteadyTime others_at_{};
  std::vector<Other> others_;  // as they were found
  SteadyTime others_found_{};
};

// Names what the calling thread runs from here on, until the next name or the end of the turn: a
// command, a timer. The name has to be a literal. A coroutine has to say it again when it goes on
// after a wait: KeepName does so, and the waits that are shared (StoreQueue, run_on, pause_for, …)
// have one. Without effect on a thread that is not watched.
void now_running(std::string_view name) noexcept;
std::string_view running_now() noexcept;

// Says the name again at the end of a scope with a co_await in it.
class KeepName {
 public:
  KeepName() : name_(running_now()) {}
  ~KeepName() { now_running(name_); }
  KeepName(const KeepName&) = delete;
  KeepName& operator=(const KeepName&) = delete;

 private:
  std::string_view name_;
};

}  // namespace yardmaster
