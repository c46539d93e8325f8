// DirectConnection on SQLite, with the pragmas of the SQLite-first design. It waits for locks as
// long as `PRAGMA busy_timeout` would, and takes a checkpoint within a commit where
// `PRAGMA wal_autocheckpoint` would, by its own handlers, so that both are counted and timed.
#pragma once

#include <memory>

#include <sqlite3.h>

#include "loadgen/direct/direct_connection.h"

namespace yardmaster::loadgen {

class SqliteConnection final : public DirectConnection {
 public:
  SqliteConnection(const DirectOptions& options, Observer& observer);

  void create_table() override;
  bool write(const DirectRow& row) override;
  void checkpoint() override;
  void read_rows(const std::function<void(const DirectRow&)>& on_row) override;
  std::string version() override { return sqlite3_libversion(); }
  std::string path() override { return options_.database; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  void configure();
  void execute(const char* sql);
  Statement prepare(const char* sql);
  void prepare_writing();
  // Runs a statement to its end. False when it is busy.
  bool run(sqlite3_stmt* statement);
  void roll_back();
  int wait_for_lock(int attempt);
  void after_commit(int log_frames);
  // Returns SQLite's result.
  int take_checkpoint();
  std::uint64_t backfilled_frames() const;
  [[noreturn]] void fail(const std::string& doing) const;

  DirectOptions options_;
  Observer& observer_;
  std::unique_ptr<sqlite3, Close> connection_;
  Statement begin_;
  Statement select_;
  Statement insert_;
  Statement commit_;
  std::chrono::nanoseconds waited_{};  // wait for the lock so far
};

}  // namespace yardmaster::loadgen
