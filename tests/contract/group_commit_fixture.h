// A GroupCommit over a store on a real database that fails where it is told to.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "coordinator/store/group_commit.h"
#include "tests/contract/faulty_database.h"
#include "tests/contract/store_fixture.h"

namespace yardmaster {

struct Outcome {
  bool done = false;
  std::optional<ErrorCode> failure;
  std::size_t entries_read = 0;
};

class WorkOperation final : public Operation {
 public:
  WorkOperation(Durability durability, Outcome& outcome, std::function<void(Store&)> work)
      : Operation(durability), outcome_(outcome), work_(std::move(work)) {}

  void execute(Store& store) override { work_(store); }
  void complete() noexcept override {
    outcome_.done = true;
    if (failure()) outcome_.failure = failure()->code();
  }

 private:
  Outcome& outcome_;
  std::function<void(Store&)> work_;
};

class ReadOperation final : public Operation {
 public:
  ReadOperation(Outcome& outcome, std::string context)
      : Operation(Durability::process), outcome_(outcome), context_(std::move(context)) {}

  void execute(Store& store) override { snapshot_ = store.snapshot(context_, 1, 0); }
  bool wants_read() const override { return true; }
  bool read(Reader& reader) override {
    count_ = reader.read(snapshot_).size();
    return false;
  }
  void complete() noexcept override {
    outcome_.done = true;
    outcome_.entries_read = count_;
    if (failure()) outcome_.failure = failure()->code();
  }

 private:
  Outcome& outcome_;
  std::string context_;
  ContextSnapshot snapshot_;
  std::size_t count_ = 0;
};

class CountingObserver final : public CommitObserver {
 public:
  void on_commit(std::chrono::nanoseconds, std::size_t operations, Durability, bool) override {
    largest_batch = std::max(largest_batch.load(), operations);
  }
  void on_checkpoint(const CheckpointResult& result) override { frames += result.backfilled; }
  void on_storage_error(const Error&) override { ++errors; }

  std::atomic<std::size_t> largest_batch = 0;
  std::atomic<std::int64_t> frames = 0;
  std::atomic<int> errors = 0;
};

class GroupCommitContract : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    driver_ = make_driver(GetParam());
    open({});
    submit(Durability::power, [](Store& store) {
      InstanceRequest request;
      request.name = "ada";
      request.role = "worker";
      store.create_instance(request, "");
    });
    run();
  }

  void TearDown() override { close(); }

  void open(GroupCommitOptions options) {
    database_ = std::make_unique<FaultyDatabase>(driver_->open());
    store_.emplace(*database_, clock_);
    commit_ = std::make_unique<GroupCommit>(
        *store_, std::make_unique<Reader>(database_->open_reader()), options, observer_, [this] {
          const std::lock_guard lock(mutex_);
          notified_ = true;
          changed_.notify_one();
        });
  }

  void close() {
    commit_.reset();
    store_.reset();
    database_.reset();
  }

  Outcome& submit(Durability durability, std::function<void(Store&)> work) {
    Outcome& outcome = outcomes_.emplace_back();
    commit_->submit(std::make_unique<WorkOperation>(durability, outcome, std::move(work)));
    return outcome;
  }

  Outcome& append(std::uint64_t seq, Durability durability = Durability::process) {
    return submit(durability, [seq](Store& store) {
      store.append({"ada", seq, "note", "entry", {}, {}});
    });
  }

  Outcome& read() {
    Outcome& outcome = outcomes_.emplace_back();
    commit_->submit(std::make_unique<ReadOperation>(outcome, "ada"));
    return outcome;
  }

  // Hands over what was submitted and completes it all.
  void run() {
    commit_->hand_over();
    while (commit_->in_flight() > 0) {
      std::unique_lock lock(mutex_);
      ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [this] { return notified_; }));
      notified_ = false;
      lock.unlock();
      commit_->drain();
    }
  }

  SystemClock clock_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<FaultyDatabase> database_;
  std::optional<Store> store_;
  CountingObserver observer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool notified_ = false;
  std::deque<Outcome> outcomes_;
  std::unique_ptr<GroupCommit> commit_;
};

}  // namespace yardmaster
