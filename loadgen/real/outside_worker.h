// A thread for looks and commands that block, one after another, so that the generator's does not.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace yardmaster::loadgen {

class OutsideWorker {
 public:
  OutsideWorker();
  // Finishes the task that runs and drops the others.
  ~OutsideWorker();
  OutsideWorker(const OutsideWorker&) = delete;
  OutsideWorker& operator=(const OutsideWorker&) = delete;

  // Any thread. The task must not throw; what it refers to must outlive the worker.
  void run(std::function<void()> task);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace yardmaster::loadgen
