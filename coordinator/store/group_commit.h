// Puts every operation that is waiting into one transaction. Owns the store thread (which owns the
// writing connection and checkpoints) and the reader thread.
//
//   broker thread: submit() … hand_over()      once per turn of the loop
//   store thread:  execute() of each, commit, then on to
//   reader thread: read() of those that asked for it, then on to
//   broker thread: complete() of each, from drain(), after `notify` was called
//
// An operation completes only after the commit that it is in took effect, at the strongest
// durability of its batch. A transaction that met another one (serialization_failure) is repeated
// whole. If one operation fails after it wrote, or the commit fails, the batch is rolled back and
// its operations run one by one, so that a bad one harms only itself. When it cannot be told
// whether a commit took effect, nothing is repeated: all of its operations fail with
// outcome_unknown.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "coordinator/base/error.h"
#include "coordinator/domain/durability.h"
#include "coordinator/store/checkpoint_policy.h"
#include "coordinator/store/store.h"

namespace yardmaster {

// Who asks for an operation, as far as it matters to those beside him: callers take turns with what
// is long or heavy, and what a caller asked for who is gone is not read any more.
class Caller {
 public:
  Caller() = default;
  // `key` tells callers apart; `bytes` came with the request.
  Caller(const void* key, std::size_t bytes, std::shared_ptr<const std::atomic<bool>> gone)
      : key_(key), bytes_(bytes), gone_(std::move(gone)) {}

  const void* key() const { return key_; }
  std::size_t bytes() const { return bytes_; }
  bool is_gone() const { return gone_ && gone_->load(std::memory_order_relaxed); }

 private:
  const void* key_ = nullptr;
  std::size_t bytes_ = 0;
  std::shared_ptr<const std::atomic<bool>> gone_;
};

class Operation {
 public:
  // An operation with so many bytes waits for its caller's turn.
  static constexpr std::size_t heavy_bytes = std::size_t{16} << 10U;

  explicit Operation(Durability durability) : durability_(durability) {}
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // Store thread. Errors become failure(). May run again after a rollback.
  virtual void execute(Store& store) = 0;
  // Reader thread, after the commit, if wants_read() and execute() did not fail. True: there is
  // more to read, and it is called again once other callers have had their turn.
  virtual bool read(Reader& /*reader*/) { return false; }
  virtual bool wants_read() const { return false; }
  // Nobody waits for what it would read.
  virtual bool is_unwanted() const { return false; }
  // Broker thread.
  virtual void complete() noexcept = 0;

  // Set before it is submitted.
  void set_caller(const void* caller, std::size_t bytes) {
    caller_ = caller;
    bytes_ = bytes;
  }
  const void* caller() const { return caller_; }
  std::size_t bytes() const { return bytes_; }
  bool is_heavy() const { return bytes_ >= heavy_bytes; }

  Durability durability() const { return durability_; }
  const std::optional<Error>& failure() const { return failure_; }
  void fail(const Error& error) { failure_ = error; }
  void clear_failure() { failure_.reset(); }

  // True when the operation came at once upon the reply to the one before from the same client: a
  // batch of such operations is not held back to grow, since nothing more would come.
  bool closed_loop = false;

 private:
  Durability durability_;
  const void* caller_ = nullptr;
  std::size_t bytes_ = 0;
  std::optional<Error> failure_;
};

// An observer gets what the store thread measured. It is called on the store thread, so it must be
// quick.
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  // in_checkpoint: the commit waited for a checkpoint, was the first after one or ran beside one.
  virtual void on_commit(std::chrono::nanoseconds duration, std::size_t operations,
                         Durability durability, bool in_checkpoint) = 0;
  virtual void on_checkpoint(const CheckpointResult& result) = 0;
  virtual void on_storage_error(const Error& error) = 0;
};

struct GroupCommitOptions {
  CheckpointPolicyKind checkpoint_policy = CheckpointPolicyKind::adaptive;
  std::chrono::microseconds spacing{500};  // between starts of commits, under load
  std::size_t largest_batch = 4096;
};

class GroupCommit {
 public:
  // Starts the threads. `notify` is called on the store or reader thread when completions wait, at
  // most once until the next drain().
  GroupCommit(Store& store, std::unique_ptr<Reader> reader, GroupCommitOptions options,
              CommitObserver& observer, std::function<void()> notify);
  // Finishes what was handed over but for what is only read, flushes, checkpoints and joins the
  // threads; nothing is completed
  // after that: call drain() once more before.
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // Broker thread. Returns true when this is the first since the last hand_over(), so that the
  // caller schedules one.
  bool submit(std::unique_ptr<Operation> operation);
  void hand_over();
  // Completes what is done. True when that took too long and more is left: call it again then, in a
  // later turn of the loop.
  bool drain(std::chrono::nanoseconds longest = std::chrono::nanoseconds::max());
  // Operations submitted and not completed yet.
  std::size_t in_flight() const;

  // Any thread: finish what was handed over and stop taking more. Idempotent; the destructor does
  // it.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace yardmaster
