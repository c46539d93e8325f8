#include "loadgen/databases/run_database.h"

#include <memory>
#include <random>

#include <libpq-fe.h>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};

std::string first_line(std::string text) {
  text.resize(std::min(text.find('\n'), text.size()));
  return text;
}

void run_on(const std::string& conninfo, const std::string& sql) {
  const std::unique_ptr<PGconn, Finish> connection(PQconnectdb(conninfo.c_str()));
  const std::unique_ptr<PGresult, Clear> result(PQstatus(connection.get()) == CONNECTION_OK
                                                    ? PQexec(connection.get(), sql.c_str())
                                                    : nullptr);
  if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return;
  throw Error(ErrorCode::unavailable,
              "--postgres: " + first_line(PQerrorMessage(connection.get())));
}

std::string quoted(const std::string& value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

// Returns the same connection string with another database.
std::string with_database(const std::string& conninfo, const std::string& name) {
  char* why = nullptr;
  PQconninfoOption* const options = PQconninfoParse(conninfo.c_str(), &why);
  if (options == nullptr) {
    const std::string reason = why == nullptr ? "out of memory" : why;
    PQfreemem(why);
    throw Error(ErrorCode::usage, "--postgres: " + first_line(reason));
  }
  std::string text;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr || std::string_view(option->keyword) == "dbname") continue;
    text.append(option->keyword).append("=").append(quoted(option->val)).append(" ");
  }
  PQconninfoFree(options);
  return text + "dbname=" + name;
}

std::string fresh_name() {
  std::random_device random;
  return "yardmaster_loadgen_" + std::to_string(random());
}

}  // namespace

RunDatabase::RunDatabase(const PostgresClusterOptions& options,
                         const std::function<void()>& interrupted) {
  cluster_.emplace(options, interrupted);
  conninfo_ = cluster_->connection_string();
}

RunDatabase::RunDatabase(const std::string& conninfo)
    : server_(conninfo), name_(fresh_name()), conninfo_(with_database(conninfo, name_)) {
  run_on(server_, "CREATE DATABASE " + name_ + " TEMPLATE template0 ENCODING 'UTF8'");
}

RunDatabase::~RunDatabase() {
  if (name_.empty()) return;
  try {
    run_on(server_, "DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {
    // The server is away; what is left is named after this program.
  }
}

std::filesystem::path RunDatabase::directory() const {
  return cluster_ ? cluster_->data_directory() : std::filesystem::path();
}

std::map<std::string, std::uint64_t> RunDatabase::statistics() const {
  constexpr int with_checkpointer_view = 170000;
  const std::unique_ptr<PGconn, Finish> connection(PQconnectdb(conninfo_.c_str()));
  const char* const sql =
      PQserverVersion(connection.get()) >= with_checkpointer_view
          ? "SELECT num_timed AS checkpoints_timed, num_requested AS checkpoints_req, "
            "buffers_written AS buffers_checkpoint, write_time::bigint AS checkpoint_write_time, "
            "sync_time::bigint AS checkpoint_sync_time FROM pg_stat_checkpointer"
          : "SELECT checkpoints_timed, checkpoints_req, buffers_checkpoint, buffers_clean, "
            "buffers_backend, checkpoint_write_time::bigint, checkpoint_sync_time::bigint "
            "FROM pg_stat_bgwriter";
  const std::unique_ptr<PGresult, Clear> result(PQexec(connection.get(), sql));
  std::map<std::string, std::uint64_t> counters;
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK || PQntuples(result.get()) != 1) return {};
  for (int column = 0; column < PQnfields(result.get()); ++column) {
    counters[PQfname(result.get(), column)] = std::stoull(PQgetvalue(result.get(), 0, column));
  }
  return counters;
}

std::string RunDatabase::why_it_ended() const {
  return cluster_ ? cluster_->why_it_ended() : std::string();
}

}  // namespace yardmaster::loadgen
