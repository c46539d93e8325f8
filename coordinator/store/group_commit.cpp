#include "coordinator/store/group_commit.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <span>
#include <thread>
#include <utility>

#include "coordinator/store/operation_queue.h"
#include "coordinator/store/reader_thread.h"

namespace yardmaster {
namespace {

using Batch = std::span<std::unique_ptr<Operation>>;
using std::chrono::steady_clock;

constexpr int most_attempts = 5;  // at a transaction that meets others

bool is_storage_error(ErrorCode code) {
  return code == ErrorCode::storage_full || code == ErrorCode::storage_failed ||
         code == ErrorCode::storage_damaged || code == ErrorCode::serialization_failure;
}

// A batch promises what its strongest member asks for.
Durability durability_of(Batch batch) {
  Durability durability = Durability::process;
  for (const auto& operation : batch) {
    durability = strongest(durability, operation->durability());
  }
  return durability;
}

}  // namespace

class GroupCommit::Impl {
 public:
  Impl(Store& store, std::unique_ptr<Reader> reader, GroupCommitOptions options,
       CommitObserver& observer, std::function<void()> notify)
      : store_(store),
        options_(options),
        observer_(observer),
        notify_(std::move(notify)),
        policy_(options.checkpoint_policy),
        reader_(std::move(reader), options.largest_batch,
                [this](Operations& done) { publish(done); }),
        store_thread_([this] { run_store(); }) {}

  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool submit(std::unique_ptr<Operation> operation) {
    ++in_flight_;
    some_heavy_ = some_heavy_ || operation->is_heavy();
    submitted_.push_back(std::move(operation));
    return submitted_.size() == 1;
  }

  void hand_over() {
    if (!submitted_.empty()) queue_.push(submitted_, std::exchange(some_heavy_, false));
  }

  bool drain(std::chrono::nanoseconds longest) {
    if (draining_.empty()) take_done();
    const SteadyTime began = std::chrono::steady_clock::now();
    while (completed_ < draining_.size()) {
      --in_flight_;
      draining_[completed_++]->complete();
      if (std::chrono::steady_clock::now() - began > longest) break;
    }
    if (completed_ < draining_.size()) return true;
    draining_.clear();
    completed_ = 0;
    return false;
  }

  std::size_t in_flight() const { return in_flight_; }

  void stop() {
    queue_.close();
    reader_.refuse();
    if (store_thread_.joinable()) store_thread_.join();
    reader_.stop();
  }

 private:
  void run_store();
  void space_out();
  void take_done() {
    notified_.store(false);
    const std::lock_guard lock(done_mutex_);
    draining_.swap(done_);
  }
  void run_batch(Operations& batch);
  bool begin(Batch batch);
  std::optional<Error> attempt(Batch batch);
  void run_one_by_one(Batch batch);
  void execute_and_commit(Batch batch);
  void execute(Operation& operation);
  void commit(Durability durability, std::size_t operations);
  void keep_promise();
  void make_durable();
  void pass_on(Operations& batch);
  void publish(Operations& operations);
  void checkpoint_if_due();
  void report_checkpoint_beside();
  void checkpoint();
  void finish();

  Store& store_;
  const GroupCommitOptions options_;
  CommitObserver& observer_;
  const std::function<void()> notify_;

  // Broker thread.
  Operations submitted_;
  bool some_heavy_ = false;  // among them
  Operations draining_;
  std::size_t completed_ = 0;  // of draining_
  std::size_t in_flight_ = 0;

  // Store thread.
  CheckpointPolicy policy_;
  SteadyTime last_start_{};
  bool must_reload_ = false;   // the store's memory, before anything else
  bool checkpointed_ = false;  // since the last commit
  // Some since the last `power` one. What was there at the start may be in no more than memory.
  bool undurable_commits_ = true;

  OperationQueue queue_;
  std::mutex done_mutex_;
  Operations done_;
  std::atomic<bool> notified_ = false;

  ReaderThread reader_;
  std::jthread store_thread_;
};

void GroupCommit::Impl::run_store() {
  name_thread("store");
  Operations batch;
  for (;;) {
    queue_.wait(policy_.due_at(store_.database().log_frames()));
    if (queue_.is_finished()) break;
    if (!queue_.is_empty()) {
      space_out();
      queue_.pop(batch, options_.largest_batch);
      run_batch(batch);
    }
    checkpoint_if_due();
  }
  finish();
}

// Tiny commits flood the log, since each writes the last page again: under load they start a while
// apart, so that more operations share one.
void GroupCommit::Impl::space_out() {
  const SteadyTime next = last_start_ + options_.spacing;
  if (steady_clock::now() < next) queue_.let_grow(next);
  last_start_ = steady_clock::now();
}

void GroupCommit::Impl::run_batch(Operations& batch) {
  std::optional<Error> failure;
  if (begin(batch)) failure = attempt(batch);
  const bool may_repeat = failure && failure->code() != ErrorCode::outcome_unknown;
  if (may_repeat) {
    run_one_by_one(batch);
  } else if (failure) {
    for (const auto& operation : batch) operation->fail(*failure);
    observer_.on_storage_error(*failure);
  }
  // SQLite's own checkpoints happen inside a commit, before it is acknowledged.
  if (policy_.kind() == CheckpointPolicyKind::automatic) checkpoint_if_due();
  pass_on(batch);
}

// A transaction that cannot even begin fails all of its operations: trying them one by one would
// only wait for the same thing again.
bool GroupCommit::Impl::begin(Batch batch) {
  try {
    Database& database = store_.database();
    database.begin(durability_of(batch));
    must_reload_ = database.take_divergence() || must_reload_;
    if (must_reload_) {
      database.rollback();
      store_.reload();
      must_reload_ = false;
      database.begin(durability_of(batch));
    }
    return true;
  } catch (const Error& error) {
    store_.database().rollback();
    for (const auto& operation : batch) operation->fail(error);
    observer_.on_storage_error(error);
    return false;
  }
}

// Carries out a transaction that has begun; gives why it was rolled back, if it was.
std::optional<Error> GroupCommit::Impl::attempt(Batch batch) {
  for (int attempts = 1;; ++attempts) {
    std::optional<Error> failure;
    try {
      execute_and_commit(batch);
      return std::nullopt;
    } catch (const Error& error) {
      failure = error;
    } catch (const std::exception& exception) {
      failure = Error(ErrorCode::internal, exception.what());
    }
    store_.database().rollback();
    store_.rolled_back();
    const bool met_another = failure->code() == ErrorCode::serialization_failure;
    if (!met_another || attempts == most_attempts) return failure;
    if (!begin(batch)) return std::nullopt;  // its operations have failed by that
  }
}

// A database that is away is waited for once, and not by each of the operations.
void GroupCommit::Impl::run_one_by_one(Batch batch) {
  for (; !batch.empty(); batch = batch.subspan(1)) {
    const Batch alone = batch.first(1);
    if (!begin(alone)) {
      for (const auto& operation : batch) operation->fail(*alone.front()->failure());
      return;
    }
    if (const auto failure = attempt(alone)) {
      alone.front()->fail(*failure);
      observer_.on_storage_error(*failure);
    }
  }
}

void GroupCommit::Impl::execute_and_commit(Batch batch) {
  for (const auto& operation : batch) execute(*operation);
  store_.prepare_commit();
  const Durability begun = durability_of(batch);
  const Durability needed = store_.needed_durability();
  commit(begun, batch.size());
  if (strongest(begun, needed) != begun) keep_promise();
}

void GroupCommit::Impl::execute(Operation& operation) {
  operation.clear_failure();
  const std::uint64_t writes = store_.database().writes();
  try {
    operation.execute(store_);
  } catch (const Error& error) {
    // Half done, or the database may have given the transaction up by itself: roll the batch back.
    if (store_.database().writes() != writes || is_storage_error(error.code())) throw;
    operation.fail(error);
  }
}

void GroupCommit::Impl::commit(Durability durability, std::size_t operations) {
  Database& database = store_.database();
  const SteadyTime start = steady_clock::now();
  const bool began_in_checkpoint = database.is_checkpointing();
  const bool wrote = database.commit();
  store_.committed();
  if (wrote) {
    undurable_commits_ = durability == Durability::process;
  } else if (durability == Durability::power && undurable_commits_) {
    // Acknowledges what an earlier, weaker commit stored: that one has to become durable.
    make_durable();
  }
  if (!wrote) return;
  const auto duration = steady_clock::now() - start;
  policy_.on_commit(duration);
  const bool beside_checkpoint = began_in_checkpoint || database.is_checkpointing();
  observer_.on_commit(duration, operations, durability, checkpointed_ || beside_checkpoint);
  checkpointed_ = false;
}

// What took effect is not done again because it could not be made as durable as it has to be.
void GroupCommit::Impl::keep_promise() {
  try {
    make_durable();
  } catch (const Error& error) {
    throw Error(ErrorCode::outcome_unknown, error.what());
  }
}

void GroupCommit::Impl::make_durable() {
  store_.database().make_durable();
  undurable_commits_ = false;
}

// The operations that want to read go on to the reader thread, the others are done.
void GroupCommit::Impl::pass_on(Operations& batch) {
  Operations reading;
  for (auto& operation : batch) {
    if (operation->wants_read() && !operation->failure()) reading.push_back(std::move(operation));
  }
  std::erase(batch, nullptr);
  if (!reading.empty()) reader_.push(reading);
  publish(batch);
}

void GroupCommit::Impl::publish(Operations& operations) {
  if (operations.empty()) return;
  {
    const std::lock_guard lock(done_mutex_);
    std::move(operations.begin(), operations.end(), std::back_inserter(done_));
  }
  operations.clear();
  if (!notified_.exchange(true)) notify_();
}

void GroupCommit::Impl::checkpoint_if_due() {
  report_checkpoint_beside();
  if (policy_.is_due(steady_clock::now(), store_.database().log_frames())) checkpoint();
}

// Some engines checkpoint by themselves, beside the commits; this reports their checkpoints.
void GroupCommit::Impl::report_checkpoint_beside() {
  try {
    if (const auto result = store_.database().take_checkpoint()) observer_.on_checkpoint(*result);
  } catch (const Error& error) {
    observer_.on_storage_error(error);
  }
}

void GroupCommit::Impl::checkpoint() {
  const std::int64_t frames = store_.database().log_frames();
  try {
    const CheckpointResult result = store_.database().checkpoint();
    policy_.on_checkpoint(steady_clock::now(), result.duration, result.frames, result.complete);
    checkpointed_ = true;
    observer_.on_checkpoint(result);
  } catch (const Error& error) {
    policy_.on_checkpoint(steady_clock::now(), std::chrono::nanoseconds(0), frames, false);
    observer_.on_storage_error(error);
  }
}

void GroupCommit::Impl::finish() {
  try {
    if (!must_reload_) store_.write_out_tail();
  } catch (const Error& error) {
    observer_.on_storage_error(error);
  }
  if (store_.database().log_frames() > 0) checkpoint();
}

GroupCommit::GroupCommit(Store& store, std::unique_ptr<Reader> reader, GroupCommitOptions options,
                         CommitObserver& observer, std::function<void()> notify)
    : impl_(
          std::make_unique<Impl>(store, std::move(reader), options, observer, std::move(notify))) {}

GroupCommit::~GroupCommit() = default;

bool GroupCommit::submit(std::unique_ptr<Operation> operation) {
  return impl_->submit(std::move(operation));
}
void GroupCommit::hand_over() { impl_->hand_over(); }
bool GroupCommit::drain(std::chrono::nanoseconds longest) { return impl_->drain(longest); }
std::size_t GroupCommit::in_flight() const { return impl_->in_flight(); }
void GroupCommit::stop() { impl_->stop(); }

}  // namespace yardmaster
