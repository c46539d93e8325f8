#include "loadgen/direct/direct_postgres.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "coordinator/base/error.h"
#include "embedded/direct_postgres.sql.h"

namespace yardmaster::loadgen {
namespace {

constexpr const char* connected_as = "yardmaster-loadgen";
// Parameters by their length, without an end mark.
constexpr std::array<int, 2> as_bytes{1, 1};

// serialization_failure, deadlock_detected, lock_not_available.
bool means_busy(std::string_view state) {
  return state == "40001" || state == "40P01" || state == "55P03";
}

bool is_done(ExecStatusType status) {
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

std::string_view text_of(const PGresult* result, int column) {
  return {PQgetvalue(result, 0, column), static_cast<std::size_t>(PQgetlength(result, 0, column))};
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

PostgresConnection::PostgresConnection(const DirectOptions& options, Observer& /*observer*/)
    : options_(options) {
  const std::array<const char*, 3> names{"dbname", "fallback_application_name", nullptr};
  const std::array<const char*, 3> values{options.database.c_str(), connected_as, nullptr};
  connection_.reset(PQconnectdbParams(names.data(), values.data(), 1));
  if (PQstatus(connection_.get()) != CONNECTION_OK) fail("connect");
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  execute(options.durability == Durability::power ? "SET synchronous_commit = on"
                                                  : "SET synchronous_commit = off");
  execute(("SET lock_timeout = " + std::to_string(options.busy_timeout.count())).c_str());
}

void PostgresConnection::create_table() {
  execute(std::string(embedded::direct_postgres_sql).c_str());
}

void PostgresConnection::prepare_writing() {
  const auto prepare = [this](const char* name, const char* sql) {
    const Result result(PQprepare(connection_.get(), name, sql, 0, nullptr));
    if (!is_done(PQresultStatus(result.get()))) fail("prepare a statement");
  };
  prepare("select",
          "SELECT id, data FROM test_decisions WHERE instance_id = $1 ORDER BY id DESC LIMIT 1");
  prepare("insert",
          "INSERT INTO test_decisions (instance_id, data, timestamp) "
          "VALUES ($1, $2, extract(epoch FROM clock_timestamp()))");
  prepared_ = true;
}

bool PostgresConnection::write(const DirectRow& row) {
  if (!prepared_) prepare_writing();
  return options_.transaction == Transaction::immediate ? insert(row) : read_and_insert(row);
}

bool PostgresConnection::insert(const DirectRow& row) {
  const std::array<const char*, 2> values{row.instance.data(), row.data.data()};
  const std::array<int, 2> lengths{static_cast<int>(row.instance.size()),
                                   static_cast<int>(row.data.size())};
  return succeeds(Result(PQexecPrepared(connection_.get(), "insert", 2, values.data(),
                                        lengths.data(), as_bytes.data(), 0)));
}

bool PostgresConnection::read_and_insert(const DirectRow& row) {
  const char* const name = row.instance.data();
  const int length = static_cast<int>(row.instance.size());
  execute("BEGIN");
  const bool written = succeeds(Result(PQexecPrepared(connection_.get(), "select", 1, &name,
                                                      &length, as_bytes.data(), 0))) &&
                       insert(row) && succeeds(Result(PQexec(connection_.get(), "COMMIT")));
  if (!written && PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) execute("ROLLBACK");
  return written;
}

bool PostgresConnection::succeeds(const Result& result) {
  if (is_done(PQresultStatus(result.get()))) return true;
  const char* const state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  if (state == nullptr || !means_busy(state)) fail("write");
  return false;
}

void PostgresConnection::read_rows(const std::function<void(const DirectRow&)>& on_row) {
  if (PQsendQuery(connection_.get(), "SELECT instance_id, data FROM test_decisions ORDER BY id") !=
      1) {
    fail("read");
  }
  PQsetSingleRowMode(connection_.get());
  bool failed = false;
  while (const Result result{PQgetResult(connection_.get())}) {
    const auto status = PQresultStatus(result.get());
    failed = failed || (status != PGRES_SINGLE_TUPLE && !is_done(status));
    if (status != PGRES_SINGLE_TUPLE) continue;
    on_row({.instance = text_of(result.get(), 0), .data = text_of(result.get(), 1)});
  }
  if (failed) fail("read");
}

std::string PostgresConnection::version() {
  const std::string text = PQparameterStatus(connection_.get(), "server_version");
  return text.substr(0, text.find(' '));
}

void PostgresConnection::execute(const char* sql) {
  const Result result(PQexec(connection_.get(), sql));
  if (!is_done(PQresultStatus(result.get()))) fail("set up");
}

void PostgresConnection::fail(const std::string& doing) const {
  throw Error(ErrorCode::storage_failed,
              "PostgreSQL cannot " + doing + ": " + one_line(PQerrorMessage(connection_.get())));
}

}  // namespace yardmaster::loadgen
