#include "coordinator/store/postgres_connection.h"

#include <array>
#include <cerrno>
#include <exception>
#include <utility>

#include <poll.h>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

constexpr int oldest_server_version = 120000;
constexpr std::string_view no_state = "     ";

std::string first_line(const char* message) {
  std::string text = message == nullptr ? "" : message;
  const std::size_t end = text.find('\n');
  if (end != std::string::npos) text.resize(end);
  return text.empty() ? "no reason given" : text;
}

// https://www.postgresql.org/docs/15/errcodes-appendix.html
ErrorCode code_of(std::string_view state) {
  if (state == "53100") return ErrorCode::storage_full;
  if (state == "40001" || state == "40P01") return ErrorCode::serialization_failure;
  if (state == "XX001" || state == "XX002") return ErrorCode::storage_damaged;
  if (state == "22021") return ErrorCode::invalid_request;  // U+0000 in a text
  return ErrorCode::storage_failed;
}

// A failure without a code is libpq's own: the server is not there to answer. Codes of class 57P0
// are its last words.
bool ends_connection(const PGresult* result) {
  if (PQresultStatus(result) != PGRES_FATAL_ERROR) return false;
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return state == nullptr || std::string_view(state).starts_with("57P0");
}

std::string value_of(PGconn* connection, const char* name) {
  const char* value = PQparameterStatus(connection, name);
  return value == nullptr ? "" : value;
}

}  // namespace

PostgresConnection::PostgresConnection(const std::string& conninfo, const std::string& purpose,
                                       const Patience& patience)
    : patience_(patience.for_answer) {
  // Keywords before `dbname`, which holds the given string, are defaults for it; keywords after it
  // win over it.
  const std::array<const char*, 6> keywords{"fallback_application_name", "connect_timeout",
                                            "tcp_user_timeout",          "dbname",
                                            "client_encoding",           nullptr};
  const std::string name = "yardmaster " + purpose;
  const std::string to_connect = std::to_string(patience.to_connect.count());
  const std::array<const char*, 6> values{
      name.c_str(), to_connect.c_str(), "10000", conninfo.c_str(), "UTF8", nullptr};
  connection_.reset(PQconnectdbParams(keywords.data(), values.data(), 1));
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    throw Error(ErrorCode::unavailable,
                "PostgreSQL: " + first_line(PQerrorMessage(connection_.get())) +
                    " (check that the server runs, and the configuration's `postgres` or PGHOST, "
                    "PGDATABASE, PGUSER)");
  }
  // Whoever would wait in libpq has no deadline there.
  if (PQsetnonblocking(connection_.get(), 1) != 0) lose();
  require_usable();
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  if (PQenterPipelineMode(connection_.get()) != 1) lose();
}

void PostgresConnection::require_usable() {
  const auto refuse = [this](const std::string& why) {
    throw Error(ErrorCode::unsupported, "PostgreSQL at " + location() + " " + why);
  };
  PGconn* const connection = connection_.get();
  if (PQserverVersion(connection) < oldest_server_version) {
    refuse("has version " + version() + ": version 12 or newer is needed");
  }
  if (value_of(connection, "server_encoding") != "UTF8") {
    refuse("stores text as " + value_of(connection, "server_encoding") +
           ": create the database with ENCODING 'UTF8' TEMPLATE template0");
  }
  const Result recovery = execute("SELECT pg_is_in_recovery()", patience_);
  if (PQresultStatus(recovery.get()) != PGRES_TUPLES_OK) fail(recovery.get());
  if (*PQgetvalue(recovery.get(), 0, 0) == 't') {
    refuse("is in recovery (a standby): name the primary server");
  }
  const Result read_only = execute("SHOW default_transaction_read_only", patience_);
  if (PQresultStatus(read_only.get()) != PGRES_TUPLES_OK) fail(read_only.get());
  if (*PQgetvalue(read_only.get(), 0, 0) == 'o' && PQgetvalue(read_only.get(), 0, 0)[1] == 'n') {
    refuse("is read-only (default_transaction_read_only is on): nothing could be stored");
  }
}

std::string PostgresConnection::location() const {
  PGconn* const connection = connection_.get();
  const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
  return "host=" + text(PQhost(connection)) + " port=" + text(PQport(connection)) +
         " dbname=" + text(PQdb(connection)) + " user=" + text(PQuser(connection));
}

std::string PostgresConnection::version() const {
  const std::string version = value_of(connection_.get(), "server_version");
  return version.substr(0, version.find(' '));
}

void PostgresConnection::lose(const std::string& why) {
  lost_ = true;
  unanswered_ = 0;
  const std::string reason = why.empty() ? first_line(PQerrorMessage(connection_.get())) : why;
  throw Error(ErrorCode::storage_failed, "the connection to PostgreSQL is lost: " + reason);
}

void PostgresConnection::fail(const PGresult* result) const {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const ErrorCode code = code_of(state == nullptr ? no_state : state);
  const std::string why = first_line(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
  if (code == ErrorCode::invalid_request) {
    throw Error(code, "PostgreSQL cannot store the character U+0000 in a text: leave it out");
  }
  throw Error(code, "PostgreSQL: " + why);
}

void PostgresConnection::require(int sent) {
  if (lost_ || sent != 1) lose();
  ++unanswered_;
}

void PostgresConnection::await_answer(std::chrono::milliseconds patience) {
  PGconn* const connection = connection_.get();
  for (;;) {
    // Both ways at once: a server that waits until its answers are read reads nothing itself.
    const int unsent = PQflush(connection);
    if (unsent < 0) lose();
    if (PQisBusy(connection) == 0) return;
    pollfd socket{PQsocket(connection), POLLIN, 0};
    if (unsent > 0) socket.events |= POLLOUT;
    const int ready = ::poll(&socket, 1, static_cast<int>(patience.count()));
    if (ready < 0 && errno != EINTR) lose();
    if (ready == 0) {
      lose("the server has said nothing for " + std::to_string(patience.count()) + " ms");
    }
    // A failure is what the next result says.
    if ((socket.revents & ~POLLOUT) != 0 && PQconsumeInput(connection) != 1) return;
  }
}

PostgresConnection::Result PostgresConnection::take_result(std::chrono::milliseconds patience) {
  await_answer(patience);
  return Result(PQgetResult(connection_.get()));
}

PostgresConnection::Result PostgresConnection::execute(const std::string& sql,
                                                       std::chrono::milliseconds patience) {
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1) lose();
  Result last;
  while (Result result = take_result(patience)) {
    if (PQresultStatus(last.get()) != PGRES_FATAL_ERROR || !last) last = std::move(result);
  }
  return last;
}

std::string PostgresConnection::run(const std::string& sql, std::chrono::milliseconds patience) {
  if (lost_ || PQexitPipelineMode(connection_.get()) != 1) lose();
  const Result result = execute(sql, patience);
  if (PQstatus(connection_.get()) != CONNECTION_OK) lose();
  if (PQenterPipelineMode(connection_.get()) != 1) lose();
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(result.get());
  if (PQntuples(result.get()) == 0 || PQnfields(result.get()) == 0) return {};
  return PQgetvalue(result.get(), 0, 0);
}

void PostgresConnection::prepare(const std::string& name, std::string_view sql) {
  require(PQsendPrepare(connection_.get(), name.c_str(), std::string(sql).c_str(), 0, nullptr));
}

void PostgresConnection::send(const std::string& name, const PostgresArguments& arguments) {
  constexpr int binary_result = 1;
  require(PQsendQueryPrepared(connection_.get(), name.c_str(), arguments.count(),
                              arguments.values(), arguments.lengths(), arguments.formats(),
                              binary_result));
}

void PostgresConnection::sync() { require(PQpipelineSync(connection_.get())); }

void PostgresConnection::flush() {
  if (lost_ || PQsendFlushRequest(connection_.get()) != 1) lose();
  if (PQflush(connection_.get()) < 0) lose();  // next() sends what the socket does not take yet
}

PostgresConnection::Result PostgresConnection::next() {
  if (lost_ || unanswered_ == 0) lose();
  Result result = take_result(patience_);
  const ExecStatusType status = PQresultStatus(result.get());
  if (result == nullptr || PQstatus(connection_.get()) != CONNECTION_OK ||
      ends_connection(result.get())) {
    lose();
  }
  --unanswered_;
  if (status == PGRES_PIPELINE_SYNC) return result;
  while (const Result rest = take_result(patience_)) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) lose();
  }
  if (status == PGRES_PIPELINE_ABORTED) {
    throw Error(ErrorCode::storage_failed, "PostgreSQL: skipped after a failure");
  }
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(result.get());
  return result;
}

void PostgresConnection::finish_pipeline() {
  std::exception_ptr first;
  while (unanswered_ > 0) {
    try {
      (void)next();
    } catch (const Error&) {
      if (!first) first = std::current_exception();
      if (lost_) break;
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace yardmaster
