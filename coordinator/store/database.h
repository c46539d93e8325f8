// The driver seam under Store: one connection, transactions, prepared statements, checkpoints.
// A Database belongs to one thread at a time. Every failure is an Error: storage_full,
// storage_damaged, unsupported, timed_out, serialization_failure or storage_failed. A driver may
// tell of a statement's failure later, at the next query or at the commit.
//
// Statements are known by their place in sql/statements.sql (see statements.h); drivers prepare
// each once. Parameters are written $1, $2, … in SQL that all drivers understand.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "coordinator/domain/durability.h"
#include "coordinator/store/statements.h"

namespace yardmaster {

// A parameter. Text and bytes are borrowed until the call returns.
struct Bytes {
  std::string_view data;
};
using Parameter = std::variant<std::monostate, std::int64_t, std::string_view, Bytes>;

// One row of a result, valid inside the callback only. Columns count from 0.
class Row {
 public:
  virtual std::int64_t integer(int column) const = 0;
  virtual std::string_view text(int column) const = 0;
  virtual std::string_view bytes(int column) const = 0;
  virtual bool is_null(int column) const = 0;

 protected:
  ~Row() = default;
};
using RowCallback = std::function<void(const Row&)>;

// The rows that the hot path inserts; a driver may take them in one round trip.
struct EntryRow {
  std::int64_t id = 0;
  std::int64_t context_id = 0;
  std::int64_t seq = 0;
  std::string_view kind;
  std::string_view data;
  std::int64_t time_us = 0;  // since 1970
};

struct CheckpointResult {
  std::int64_t frames = 0;      // in the log before
  std::int64_t backfilled = 0;  // moved into the database file
  bool complete = false;        // nothing was held back by a reader
  std::chrono::nanoseconds duration{};
};

class Database {
 public:
  virtual ~Database() = default;

  // Creates or upgrades the schema: statements of schema.sql, with the words of the dialect filled
  // in. Throws storage_damaged when the database is newer than this program or belongs to something
  // else.
  virtual void prepare_schema() = 0;

  // A transaction is begun by begin() and ended by commit() or rollback(). commit() throws when the
  // transaction did not take effect, and outcome_unknown when that cannot be told: it must not be
  // repeated then. The caller calls rollback() after both.
  virtual void begin(Durability durability) = 0;
  // Returns whether anything was written: a transaction that changed nothing syncs nothing.
  virtual bool commit() = 0;
  virtual void rollback() noexcept = 0;

  // Makes all earlier commits as durable as a `power` commit. Outside a transaction.
  virtual void make_durable() {
    begin(Durability::power);
    try {
      execute(Statement::touch_durable, {});
      commit();
    } catch (...) {
      rollback();
      throw;
    }
  }

  virtual void execute(Statement statement, std::span<const Parameter> parameters) = 0;
  virtual void query(Statement statement, std::span<const Parameter> parameters,
                     const RowCallback& on_row) = 0;
  virtual void insert_entry(const EntryRow& row) = 0;
  // The columns seq, time_us, kind and data of the entries with these rising ids, in their order;
  // ids that are not there are left out.
  virtual void read_entries(std::span<const std::int64_t> ids, const RowCallback& on_row) = 0;

  void execute(Statement statement, std::initializer_list<Parameter> parameters) {
    execute(statement, std::span(parameters.begin(), parameters.size()));
  }
  void query(Statement statement, std::initializer_list<Parameter> parameters,
             const RowCallback& on_row) {
    query(statement, std::span(parameters.begin(), parameters.size()), on_row);
  }

  // Statements that may have changed something since begin(): tells an operation that failed before
  // it wrote from one that has to be rolled back.
  virtual std::uint64_t writes() const = 0;

  // The size of the log that a checkpoint would move, in frames (pages); 0 when unknown.
  virtual std::int64_t log_frames() const = 0;
  virtual CheckpointResult checkpoint() = 0;
  // Otherwise the engine checkpoints by itself, beside the commits.
  virtual bool checkpoints_on_request() const { return true; }
  // These two speak of checkpoints that the engine makes beside the commits: whether one is under
  // way, and the one that ended since the last call.
  virtual bool is_checkpointing() const { return false; }
  virtual std::optional<CheckpointResult> take_checkpoint() { return std::nullopt; }

  // Returns whether, since the last call, the database stopped being what the commits so far made
  // it: a server that crashed may have lost `process` commits, and a commit may have taken effect
  // that was reported as failed. Everything kept in memory of the database has to be read again
  // then.
  virtual bool take_divergence() { return false; }

  // A second connection for reading only, for another thread.
  virtual std::unique_ptr<Database> open_reader() = 0;

  // Throws storage_damaged when a quick check of the whole database finds something wrong.
  virtual void check() = 0;
  // Writes a consistent copy of the committed state to a new file; may run beside writes.
  virtual void backup(const std::filesystem::path& file) = 0;

  // Returns where the data is, for people: a file, or a server without its password.
  virtual std::string location() const = 0;
  // Name and version of the engine, e.g. "sqlite" and "3.40.1".
  virtual std::string_view engine() const = 0;
  virtual std::string version() const = 0;
};

}  // namespace yardmaster
