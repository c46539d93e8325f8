// A Database that passes everything on to a real one and fails where it is told to.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/store/database.h"

namespace yardmaster {

class FaultyDatabase final : public Database {
 public:
  explicit FaultyDatabase(std::unique_ptr<Database> real) : real_(std::move(real)) {}

  // Each is called before the real thing, on the store thread, and may throw.
  std::function<void()> before_begin = [] {};
  std::function<void()> before_execute = [] {};
  std::function<void()> before_commit = [] {};
  std::function<void()> before_make_durable = [] {};
  // Called after it: the commit took effect, and its answer may be lost.
  std::function<void()> after_commit = [] {};
  std::atomic<int> commits = 0;
  std::atomic<int> power_commits = 0;  // that wrote
  std::atomic<int> made_durable = 0;
  std::atomic<int> checkpoints = 0;
  std::atomic<bool> diverged = false;  // to be told of

  void prepare_schema() override { real_->prepare_schema(); }
  void begin(Durability durability) override {
    before_begin();
    real_->begin(durability);
    durability_ = durability;
  }
  bool commit() override {
    before_commit();
    const bool wrote = real_->commit();
    ++commits;
    if (durability_ == Durability::power && wrote) ++power_commits;
    after_commit();
    return wrote;
  }
  void rollback() noexcept override { real_->rollback(); }
  void make_durable() override {
    before_make_durable();
    real_->make_durable();
    ++made_durable;
  }
  using Database::execute;
  using Database::query;
  void execute(Statement statement, std::span<const Parameter> parameters) override {
    before_execute();
    real_->execute(statement, parameters);
  }
  void query(Statement statement, std::span<const Parameter> parameters,
             const RowCallback& on_row) override {
    real_->query(statement, parameters, on_row);
  }
  void insert_entry(const EntryRow& row) override {
    before_execute();
    real_->insert_entry(row);
  }
  void read_entries(std::span<const std::int64_t> ids, const RowCallback& on_row) override {
    real_->read_entries(ids, on_row);
  }
  std::uint64_t writes() const override { return real_->writes(); }
  std::int64_t log_frames() const override { return real_->log_frames(); }
  CheckpointResult checkpoint() override {
    ++checkpoints;
    return real_->checkpoint();
  }
  std::unique_ptr<Database> open_reader() override { return real_->open_reader(); }
  void check() override { real_->check(); }
  void backup(const std::filesystem::path& file) override { real_->backup(file); }
  bool checkpoints_on_request() const override { return real_->checkpoints_on_request(); }
  bool is_checkpointing() const override { return real_->is_checkpointing(); }
  std::optional<CheckpointResult> take_checkpoint() override { return real_->take_checkpoint(); }
  bool take_divergence() override { return diverged.exchange(false) || real_->take_divergence(); }
  std::string location() const override { return real_->location(); }
  std::string_view engine() const override { return real_->engine(); }
  std::string version() const override { return real_->version(); }

 private:
  std::unique_ptr<Database> real_;
  Durability durability_ = Durability::process;
};

}  // namespace yardmaster
