// DirectConnection on PostgreSQL through libpq: a prepared statement, one row for each transaction.
// Conflicts that the server resolves by refusing a transaction count as busy.
#pragma once

#include <array>
#include <memory>

#include <libpq-fe.h>

#include "loadgen/direct/direct_connection.h"

namespace yardmaster::loadgen {

class PostgresConnection final : public DirectConnection {
 public:
  PostgresConnection(const DirectOptions& options, Observer& observer);

  void create_table() override;
  // Writes a row. With `immediate` the insert is a transaction by itself; with `deferred` a SELECT
  // goes before it.
  bool write(const DirectRow& row) override;
  void checkpoint() override {}  // the server's affair
  void read_rows(const std::function<void(const DirectRow&)>& on_row) override;
  std::string version() override;

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, Clear>;

  void execute(const char* sql);
  void prepare_writing();
  bool insert(const DirectRow& row);
  bool read_and_insert(const DirectRow& row);
  // False when the server refused since others were in the way.
  bool succeeds(const Result& result);
  [[noreturn]] void fail(const std::string& doing) const;

  DirectOptions options_;
  std::unique_ptr<PGconn, Finish> connection_;
  bool prepared_ = false;
};

}  // namespace yardmaster::loadgen
