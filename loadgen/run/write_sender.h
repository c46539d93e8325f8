// The write sender runs the writes on a thread of their own, which does nothing else: it sends what
// is due, takes the replies, and notes when it could not run. What else a run does (other
// workloads, looking on, progress) has other threads, so that none of it stands between a write and
// its time.
//
// At a high rate it works in turns of fixed length instead of waking for every write and every
// reply: each wake-up costs as much as several writes. Samples are late by up to a turn, never
// early.
#pragma once

#include <atomic>
#include <future>

#include "coordinator/client/event_loop.h"
#include "loadgen/measure/pause_log.h"
#include "loadgen/workloads/writes.h"

namespace yardmaster::loadgen {

class WriteSender {
 public:
  // All must outlive the sender. A `turn` of zero means none.
  WriteSender(Writes& writes, EventLoop& loop, PauseLog& pauses, std::chrono::nanoseconds turn);
  // Ends the thread at once.
  ~WriteSender();
  WriteSender(const WriteSender&) = delete;
  WriteSender& operator=(const WriteSender&) = delete;

  // From here on the writes and their loop belong to the thread, until join() returns. Nothing is
  // due at `end` or later.
  void start(SteadyTime start, Offset end);
  // Nothing is due at `end` or later, and the thread ends with the last answer, or at the deadline.
  void end(Offset end, SteadyTime deadline);
  // Tells whether the thread has ended, also by an exception.
  bool is_done() const;
  // Must follow end() or is_done(). Throws what ended the thread.
  void join();

 private:
  void run(SteadyTime start, SteadyTime end);
  void turn(SteadyTime end);
  void drain();

  Writes& writes_;
  EventLoop& loop_;
  PauseLog& pauses_;
  std::chrono::nanoseconds turn_;
  SteadyTime next_turn_{};
  bool is_ending_ = false;       // the thread's own
  SteadyTime drain_deadline_{};  // the same
  std::atomic<bool> is_abandoned_{false};
  std::future<void> done_;
};

}  // namespace yardmaster::loadgen
