#include "loadgen/run/write_sender.h"

#include <algorithm>
#include <ctime>

#include <pthread.h>

#include "coordinator/base/clock.h"
#include "loadgen/measure/self_check.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::steady_clock;

// One wait for the last answers lasts no longer, so that an end from outside is seen.
constexpr std::chrono::milliseconds drain_step{50};

void sleep_until(SteadyTime time) {
  const timespec until = to_timespec(time);
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

}  // namespace

WriteSender::WriteSender(Writes& writes, EventLoop& loop, PauseLog& pauses,
                         std::chrono::nanoseconds turn)
    : writes_(writes), loop_(loop), pauses_(pauses), turn_(turn) {}

WriteSender::~WriteSender() {
  if (!done_.valid()) return;
  is_abandoned_ = true;
  loop_.post([] {});  // wakes it
  done_.wait();
}

void WriteSender::start(SteadyTime start, Offset end) {
  writes_.end_at(end);
  next_turn_ = start;
  done_ = std::async(std::launch::async, [this, start, end] { run(start, start + end); });
}

void WriteSender::end(Offset end, SteadyTime deadline) {
  loop_.post([this, end, deadline] {
    writes_.end_at(end);
    drain_deadline_ = deadline;
    is_ending_ = true;
  });
}

bool WriteSender::is_done() const {
  return done_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

void WriteSender::join() { done_.get(); }

// The thread lives until end(): late answers are taken, and lost connections are made again.
void WriteSender::run(SteadyTime start, SteadyTime end) {
  use_exact_timers();
  ::pthread_setname_np(::pthread_self(), "writes");
  writes_.start(start);
  while (!is_ending_ && !is_abandoned_) turn(end);
  writes_.stop();
  drain();
}

void WriteSender::turn(SteadyTime end) {
  writes_.send_due();
  const SteadyTime now = steady_clock::now();
  if (turn_.count() == 0) {
    const SteadyTime due = std::min(writes_.next_due(), now < end ? end : now + drain_step);
    loop_.poll(due);
    pauses_.note(std::max(due, now), steady_clock::now());
    return;
  }
  next_turn_ = std::max(next_turn_ + turn_, now);
  sleep_until(next_turn_);
  pauses_.note(next_turn_, steady_clock::now());
  // What is due does not wait for a long queue of replies.
  while (loop_.poll(SteadyTime{})) writes_.send_due();
}

void WriteSender::drain() {
  while (!writes_.idle() && !is_abandoned_ && steady_clock::now() < drain_deadline_) {
    loop_.poll(std::min(drain_deadline_, steady_clock::now() + drain_step));
  }
}

}  // namespace yardmaster::loadgen
