// Has a PostgreSQL server checkpoint at fixed intervals, over a connection and on a thread of its
// own, so that commits go on beside it as they do beside the server's own checkpoints. For
// measuring: a run is too short for those. (These are harder than the server's own, which it
// spreads over minutes.)
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "coordinator/store/postgres_connection.h"

namespace yardmaster {

class PostgresCheckpointer {
 public:
  // Throws Error when it cannot connect.
  PostgresCheckpointer(const std::string& conninfo, std::chrono::nanoseconds interval);
  ~PostgresCheckpointer();
  PostgresCheckpointer(const PostgresCheckpointer&) = delete;
  PostgresCheckpointer& operator=(const PostgresCheckpointer&) = delete;

  // Any thread.
  bool is_checkpointing() const { return checkpointing_.load(); }
  // The latest that ended since the last call. Throws once when they ended with an Error.
  std::optional<CheckpointResult> take();

 private:
  void run(const std::stop_token& stop);

  PostgresConnection connection_;
  const std::chrono::nanoseconds interval_;
  std::atomic<bool> checkpointing_ = false;
  std::atomic<bool> has_news_ = false;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<CheckpointResult> finished_;
  std::exception_ptr failure_;
  std::jthread thread_;
};

// Runs one CHECKPOINT: its frames are the pages that the server wrote.
CheckpointResult run_checkpoint(PostgresConnection& connection);

}  // namespace yardmaster
