// The thread that reads for operations after their commit: one turn after the other, so that a long
// read, and many reads of one caller, keep nobody else waiting for longer than one of theirs.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

#include "coordinator/store/operation_queue.h"
#include "coordinator/store/store.h"

namespace yardmaster {

// Names the calling thread, and lets its waits end when they should.
void name_thread(const char* name);

class ReaderThread {
 public:
  // `publish` is called on this thread with operations that have read, or failed.
  ReaderThread(std::unique_ptr<Reader> reader, std::size_t largest_batch,
               std::function<void(Operations&)> publish);
  ~ReaderThread() { stop(); }
  ReaderThread(const ReaderThread&) = delete;
  ReaderThread& operator=(const ReaderThread&) = delete;

  // Any thread.
  void push(Operations& operations) { reads_.push(operations); }
  // Any thread: nothing is read any more, what waits fails as unavailable.
  void refuse() { refusing_.store(true); }
  // Publishes what is left and ends the thread. Nothing may be pushed afterwards.
  void stop();

 private:
  void run();
  bool read_some(Operation& operation);

  std::unique_ptr<Reader> reader_;
  const std::size_t largest_batch_;
  const std::function<void(Operations&)> publish_;
  OperationQueue reads_;
  std::atomic<bool> refusing_ = false;
  std::jthread thread_;
};

}  // namespace yardmaster
