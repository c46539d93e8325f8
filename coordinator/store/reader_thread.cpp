#include "coordinator/store/reader_thread.h"

#include <optional>
#include <utility>

#include <pthread.h>
#include <sys/prctl.h>

#include "coordinator/base/error.h"
#include "coordinator/store/operation_turns.h"

namespace yardmaster {

void name_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
  prctl(PR_SET_TIMERSLACK, 1000UL, 0, 0, 0);  // ns; the default of 50 µs is a tenth of the spacing
}

ReaderThread::ReaderThread(std::unique_ptr<Reader> reader, std::size_t largest_batch,
                           std::function<void(Operations&)> publish)
    : reader_(std::move(reader)),
      largest_batch_(largest_batch),
      publish_(std::move(publish)),
      thread_([this] { run(); }) {}

void ReaderThread::stop() {
  reads_.close();
  if (thread_.joinable()) thread_.join();
}

void ReaderThread::run() {
  name_thread("reader");
  Operations batch;
  OperationTurns turns;
  for (;;) {
    if (turns.is_empty()) reads_.wait(std::nullopt);
    reads_.pop(batch, largest_batch_);
    for (auto& operation : batch) turns.add(std::move(operation));
    batch.clear();
    if (turns.is_empty()) {
      if (reads_.is_finished()) break;
      continue;
    }
    std::unique_ptr<Operation> operation = turns.take();
    if (read_some(*operation)) {
      turns.put_back(std::move(operation));
    } else {
      batch.push_back(std::move(operation));
      publish_(batch);
    }
  }
}

// Returns whether there is more to read.
bool ReaderThread::read_some(Operation& operation) {
  try {
    if (refusing_.load()) throw_unavailable("the daemon is stopping");
    if (operation.is_unwanted()) throw_unavailable("the caller is gone");
    return operation.read(*reader_);
  } catch (const Error& error) {
    operation.fail(error);
  } catch (const std::exception& error) {
    operation.fail(Error(ErrorCode::internal, error.what()));
  }
  return false;
}

}  // namespace yardmaster
