#include "coordinator/store/postgres_checkpointer.h"

#include <utility>

namespace yardmaster {
namespace {

// On a slow disk with much to write.
constexpr std::chrono::seconds longest_checkpoint{60};

std::int64_t pages_written(PostgresConnection& connection) {
  const std::string pages = connection.run(connection.major_version() >= 17
                                               ? "SELECT buffers_written FROM pg_stat_checkpointer"
                                               : "SELECT buffers_checkpoint FROM pg_stat_bgwriter");
  return std::stoll(pages);
}

}  // namespace

CheckpointResult run_checkpoint(PostgresConnection& connection) {
  const std::int64_t before = pages_written(connection);
  CheckpointResult result;
  const auto start = std::chrono::steady_clock::now();
  connection.run("CHECKPOINT", longest_checkpoint);
  result.duration = std::chrono::steady_clock::now() - start;
  result.frames = pages_written(connection) - before;
  result.backfilled = result.frames;
  result.complete = true;
  return result;
}

PostgresCheckpointer::PostgresCheckpointer(const std::string& conninfo,
                                           std::chrono::nanoseconds interval)
    : connection_(conninfo, "checkpoints", {}),
      interval_(interval),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

PostgresCheckpointer::~PostgresCheckpointer() = default;

std::optional<CheckpointResult> PostgresCheckpointer::take() {
  if (!has_news_.load()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  has_news_ = false;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  return std::exchange(finished_, std::nullopt);
}

void PostgresCheckpointer::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait_for(lock, stop, interval_, [] { return false; });
    if (stop.stop_requested()) return;
    lock.unlock();
    std::optional<CheckpointResult> result;
    std::exception_ptr failure;
    checkpointing_ = true;
    try {
      result = run_checkpoint(connection_);
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
    checkpointing_ = false;
    lock.lock();
    finished_ = result;
    failure_ = failure;
    has_news_ = true;
    if (failure) return;
  }
}

}  // namespace yardmaster
