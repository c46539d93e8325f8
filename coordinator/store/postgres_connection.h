// One connection to a PostgreSQL server, in libpq's pipeline mode
// (https://www.postgresql.org/docs/15/libpq-pipeline-mode.html): what is sent is answered in order,
// later. Belongs to one thread at a time.
//
// Failures are Errors. One that ends the connection leaves is_lost() behind; every call fails then.
// A server that hangs is one of them: no call waits for it longer than it is said to have patience.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <libpq-fe.h>

#include "coordinator/store/postgres_arguments.h"

namespace yardmaster {

class PostgresConnection {
 public:
  struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, ClearResult>;

  // How long to wait, whole seconds for a connection (each host has as long), and for an answer
  // while the server says nothing.
  struct Patience {
    std::chrono::seconds to_connect{5};
    std::chrono::milliseconds for_answer{5000};
  };

  // `conninfo` as libpq reads it; what it does not say comes from PGHOST and its like. `purpose` is
  // shown in pg_stat_activity. Throws Error{unavailable} when there is no server or it refuses
  // these credentials, Error{unsupported} when the server or database cannot be used.
  PostgresConnection(const std::string& conninfo, const std::string& purpose,
                     const Patience& patience);

  bool is_lost() const { return lost_; }
  int backend_pid() const { return PQbackendPID(connection_.get()); }
  // "host=… port=… dbname=… user=…"
  std::string location() const;
  std::string version() const;
  int major_version() const { return PQserverVersion(connection_.get()) / 10000; }

  // Runs SQL at once, several statements if need be, and gives the first column of the first row.
  // Only while nothing that was sent is unanswered.
  std::string run(const std::string& sql) { return run(sql, patience_); }
  std::string run(const std::string& sql, std::chrono::milliseconds patience);

  // Prepares a statement for send(); answered like it.
  void prepare(const std::string& name, std::string_view sql);
  void send(const std::string& name, const PostgresArguments& arguments);
  // Ends what the server skips after a failure, and sends everything. Answered by next(), too.
  void sync();
  // Sends everything and has it answered.
  void flush();

  // The answer to the oldest that was sent and not answered. Failures of statements throw.
  Result next();
  std::size_t unanswered() const { return unanswered_; }
  // Takes the answers to all that was sent; throws the first failure among them afterwards.
  void finish_pipeline();

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  void require_usable();
  void require(int sent);
  // Runs SQL outside of a pipeline; gives its last result, or the first that is a failure.
  Result execute(const std::string& sql, std::chrono::milliseconds patience);
  // Waits until the next result, or the failure of the connection, can be taken at once.
  void await_answer(std::chrono::milliseconds patience);
  Result take_result(std::chrono::milliseconds patience);
  [[noreturn]] void lose() { lose(""); }
  [[noreturn]] void lose(const std::string& why);  // empty: libpq knows
  [[noreturn]] void fail(const PGresult* result) const;

  std::unique_ptr<PGconn, Finish> connection_;
  const std::chrono::milliseconds patience_;
  std::size_t unanswered_ = 0;
  bool lost_ = false;
};

}  // namespace yardmaster
