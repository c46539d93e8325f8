// Whatever keeps a loop's thread from its loop is seen and named; waiting, and what others take, is
// not.
#include "coordinator/base/stall_detector.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "tests/support/child_process.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

std::chrono::nanoseconds thread_cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void compute_for(std::chrono::nanoseconds time) {
  const auto end = thread_cpu_time() + time;
  while (thread_cpu_time() < end) {
  }
}

void sleep_in_system_call(std::chrono::nanoseconds time) {
  const timespec span{0, time.count()};
  ::nanosleep(&span, nullptr);
}

constexpr auto limit = milliseconds(40);

class StallDetection : public testing::Test {
 protected:
  void run() {
    const StallDetector::Watch watch(detector_);
    io_.run();
  }

  std::vector<std::string> names() const {
    std::vector<std::string> during;
    for (const Stall& stall : stalls_) during.emplace_back(stall.during);
    return during;
  }

  asio::io_context io_{1};
  std::vector<Stall> stalls_;
  StallDetector detector_{limit, 1, [this](const Stall& stall) { stalls_.push_back(stall); }};
};

TEST_F(StallDetection, sees_and_names_what_computes_too_long) {
  asio::post(io_, [] {
    now_running("short");
    now_running("long");
    compute_for(3 * limit);
    now_running("short again");
  });
  run();
  ASSERT_EQ(names(), std::vector<std::string>{"long"});
  EXPECT_GE(stalls_[0].duration, 3 * limit);
  EXPECT_GE(stalls_[0].computing, 3 * limit);
}

TEST_F(StallDetection, sees_and_names_what_sleeps_in_a_system_call) {
  asio::steady_timer timer(io_, milliseconds(5));
  timer.async_wait([](const boost::system::error_code&) {
    now_running("asleep");
    sleep_in_system_call(3 * limit);
  });
  run();
  ASSERT_EQ(names(), std::vector<std::string>{"asleep"});
  EXPECT_GE(stalls_[0].duration, limit);
  EXPECT_LT(stalls_[0].computing, limit);
}

TEST_F(StallDetection, adds_up_what_runs_between_two_waits) {
  for (int i = 0; i < 6; ++i) {
    asio::post(io_, [] {
      now_running("one of many");
      compute_for(limit / 4);
    });
  }
  run();
  EXPECT_EQ(names(), std::vector<std::string>{"one of many"});
}

TEST_F(StallDetection, takes_an_idle_loop_for_none) {
  asio::steady_timer timer(io_);
  int rounds = 0;
  std::function<void()> again = [&] {
    if (++rounds == 4) return;
    timer.expires_after(2 * limit);
    timer.async_wait([&](const boost::system::error_code&) { again(); });
  };
  again();
  run();
  EXPECT_EQ(names(), std::vector<std::string>());
  EXPECT_GE(detector_.turns().counts[0] + detector_.turns().counts[1], 1U);
}

TEST_F(StallDetection, of_zero_is_switched_off) {
  StallDetector off(milliseconds(0), 1, [this](const Stall& stall) { stalls_.push_back(stall); });
  asio::post(io_, [] { compute_for(2 * limit); });
  const StallDetector::Watch watch(off);
  io_.run();
  EXPECT_EQ(names(), std::vector<std::string>());
}

TEST_F(StallDetection, counts_what_a_slow_build_computes_in_parts) {
  StallDetector slow(limit, 5, [this](const Stall& stall) { stalls_.push_back(stall); });
  asio::post(io_, [] { compute_for(3 * limit); });
  const auto run_watched = [&] {
    const StallDetector::Watch watch(slow);
    io_.run();
  };
  run_watched();
  EXPECT_EQ(names(), std::vector<std::string>());
  io_.restart();
  asio::post(io_, [] {
    now_running("asleep");
    sleep_in_system_call(3 * limit);
  });
  run_watched();
  EXPECT_EQ(names(), std::vector<std::string>{"asleep"});
}

// Keeps the calling thread's processor from it, for the most part.
class BusyProcessor {
 public:
  BusyProcessor() {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(::sched_getcpu()), &one);
    ::sched_setaffinity(0, sizeof one, &one);  // children have it too
    for (int i = 0; i < 2; ++i) {
      busy_.emplace_back(support::ChildOptions{.argv = {"sh", "-c", "while :; do :; done"}});
    }
    const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
    ::setpriority(PRIO_PROCESS, thread, 19);
  }

 private:
  std::vector<support::ChildProcess> busy_;
};

TEST_F(StallDetection, leaves_out_what_other_programs_take) {
  std::chrono::nanoseconds took{};
  std::thread thread([&] {  // with a priority that ends with it
    const BusyProcessor busy;
    asio::post(io_, [&] {
      const SteadyTime began = std::chrono::steady_clock::now();
      while (took < 3 * limit && thread_cpu_time() < limit / 2) {
        compute_for(std::chrono::microseconds(100));
        took = std::chrono::steady_clock::now() - began;
      }
    });
    run();
  });
  thread.join();
  ASSERT_GT(took, limit) << "nobody took the processor";
  EXPECT_EQ(names(), std::vector<std::string>());
}

}  // namespace
}  // namespace yardmaster
