// Database on SQLite in WAL mode. One connection writes and checkpoints: SQLite before 3.51.3 can
// lose acknowledged commits when two connections do ("WAL-reset bug",
// https://sqlite.org/wal.html#walresetbug). Readers have connections of their own, which never
// write and never checkpoint, not even on closing.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "coordinator/base/store_kind.h"
#include "coordinator/base/unique_fd.h"
#include "coordinator/store/database.h"

namespace yardmaster {

class SqliteDatabase final : public Database {
 public:
  // Opens or creates the file. Throws unsupported where the file system has no shared memory for
  // WAL, storage_failed when the file cannot be opened, storage_damaged when it is no SQLite
  // database.
  static std::unique_ptr<SqliteDatabase> open(const std::filesystem::path& file);
  ~SqliteDatabase() override;

  void prepare_schema() override;
  void begin(Durability durability) override;
  bool commit() override;
  void rollback() noexcept override;
  using Database::execute;
  using Database::query;
  void execute(Statement statement, std::span<const Parameter> parameters) override;
  void query(Statement statement, std::span<const Parameter> parameters,
             const RowCallback& on_row) override;
  void insert_entry(const EntryRow& row) override;
  void read_entries(std::span<const std::int64_t> ids, const RowCallback& on_row) override;
  std::uint64_t writes() const override { return writes_; }
  std::int64_t log_frames() const override { return log_frames_; }
  CheckpointResult checkpoint() override;
  std::unique_ptr<Database> open_reader() override;
  void check() override;
  void backup(const std::filesystem::path& file) override;
  std::string location() const override { return file_.string(); }
  std::string_view engine() const override { return to_string(StoreKind::sqlite); }
  std::string version() const override { return sqlite3_libversion(); }

 private:
  struct CloseConnection {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Connection = std::unique_ptr<sqlite3, CloseConnection>;
  using PreparedStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;
  // A statement with its parameters' places: $2 need not be the second to appear.
  struct Prepared {
    PreparedStatement handle;
    std::vector<int> places;
  };

  SqliteDatabase(std::filesystem::path file, Connection connection);

  static Connection connect(const std::filesystem::path& file, int flags);
  void configure_writer();
  void write_schema(std::int64_t old_version);
  // `doing` says in errors what the statement is for; without it the statement says so itself.
  void exec(const char* sql, const char* doing = nullptr);
  std::int64_t read_pragma(const char* sql);
  Prepared& prepared(Statement statement);
  void bind(Prepared& prepared, std::span<const Parameter> parameters);
  void step_to_end(sqlite3_stmt* statement);
  void start_writing_back();
  bool has_its_files() const;
  // Throws storage_failed once they have been removed or replaced.
  void require_files();
  std::string save_what_was_lost();
  [[noreturn]] void fail(std::string_view doing) const;

  std::filesystem::path file_;
  Connection connection_;
  std::array<Prepared, statement_texts.size()> prepared_;
  PreparedStatement begin_;
  PreparedStatement commit_;
  UniqueFd log_;      // the -wal file, to start writing it back early and to miss it
  std::string lost_;  // what there is to say of files that are gone; empty: they are there
  std::uint64_t writes_ = 0;
  std::int64_t log_frames_ = 0;
  std::int64_t written_back_frames_ = 0;
  std::int64_t page_size_ = 4096;
  bool log_grew_ = false;  // in the commit under way
  bool full_synchronous_ = false;
};

}  // namespace yardmaster
