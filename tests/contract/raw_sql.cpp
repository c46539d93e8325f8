#include "tests/contract/raw_sql.h"

#include <stdexcept>
#include <utility>

#include <libpq-fe.h>
#include <sqlite3.h>

namespace yardmaster {
namespace {

class RawSqlite final : public RawSql {
 public:
  explicit RawSqlite(const std::filesystem::path& file) {
    sqlite3* raw = nullptr;
    sqlite3_open(file.c_str(), &raw);
    connection_.reset(raw);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_exec(raw, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr);
  }

  std::vector<std::string> run(const std::string& sql) override {
    std::vector<std::string> rows;
    const auto take = [](void* out, int columns, char** values, char**) {
      std::string row;
      for (int i = 0; i < columns; ++i) {
        row.append(i == 0 ? "" : "|").append(values[i] == nullptr ? "NULL" : values[i]);
      }
      static_cast<std::vector<std::string>*>(out)->push_back(std::move(row));
      return 0;
    };
    const std::string transaction = "BEGIN;" + sql + ";COMMIT";
    if (sqlite3_exec(connection_.get(), transaction.c_str(), take, &rows, nullptr) != SQLITE_OK) {
      const std::string why = sqlite3_errmsg(connection_.get());
      sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
      throw std::runtime_error(why);
    }
    return rows;
  }

  std::vector<std::string> catalogue() override {
    std::vector<std::string> lines;
    for (const char* const sql :
         {"SELECT name, type, ncol, wr FROM pragma_table_list WHERE schema = 'main' ORDER BY name",
          "SELECT t.name, c.* FROM sqlite_master t, pragma_table_xinfo(t.name) c "
          "WHERE t.type = 'table' ORDER BY t.name, c.cid",
          "SELECT t.name, i.name, i.\"unique\", i.origin, i.partial, c.* FROM sqlite_master t, "
          "pragma_index_list(t.name) i, pragma_index_xinfo(i.name) c "
          "WHERE t.type = 'table' ORDER BY t.name, i.name, c.seqno",
          "SELECT name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY name"}) {
      for (std::string& line : run(sql)) lines.push_back(std::move(line));
    }
    return lines;
  }

  // The driver marks its files in this way.
  void set_version(std::int64_t version) override {
    run("PRAGMA application_id = " + std::to_string(0x59617264) +
        ";PRAGMA user_version = " + std::to_string(version));
  }

  const Dialect& dialect() const override { return sqlite_dialect; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  std::unique_ptr<sqlite3, Close> connection_;
};

class RawPostgres final : public RawSql {
 public:
  explicit RawPostgres(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) {}

  std::vector<std::string> run(const std::string& sql) override {
    const std::unique_ptr<PGresult, Clear> result(PQexec(connection_.get(), sql.c_str()));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
      throw std::runtime_error(PQerrorMessage(connection_.get()));
    }
    std::vector<std::string> rows;
    for (int i = 0; i < PQntuples(result.get()); ++i) {
      std::string& row = rows.emplace_back();
      for (int column = 0; column < PQnfields(result.get()); ++column) {
        const bool null = PQgetisnull(result.get(), i, column) != 0;
        row.append(column == 0 ? "" : "|");
        row.append(null ? "NULL" : PQgetvalue(result.get(), i, column));
      }
    }
    return rows;
  }

  std::vector<std::string> catalogue() override {
    std::vector<std::string> lines;
    for (const char* const sql :
         {"SELECT table_name, ordinal_position, column_name, data_type, is_nullable, "
          "column_default FROM information_schema.columns WHERE table_schema = 'public' "
          "ORDER BY table_name, ordinal_position",
          "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
          "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
          "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"}) {
      for (std::string& line : run(sql)) lines.push_back(std::move(line));
    }
    return lines;
  }

  void set_version(std::int64_t version) override {
    const std::string number = std::to_string(version);
    run("DELETE FROM yard_meta WHERE name = 'schema_version';"
        "INSERT INTO yard_meta (name, value) VALUES ('schema_version', " +
        number +
        ");"
        "INSERT INTO yard_meta (name, value) VALUES ('transaction', 0) ON CONFLICT DO NOTHING");
  }

  const Dialect& dialect() const override { return postgres_dialect; }

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  std::unique_ptr<PGconn, Finish> connection_;
};

}  // namespace

std::unique_ptr<RawSql> RawSql::open(Driver& driver) {
  if (const auto* sqlite = dynamic_cast<SqliteDriver*>(&driver)) {
    return std::make_unique<RawSqlite>(sqlite->file());
  }
  return std::make_unique<RawPostgres>(dynamic_cast<PostgresDriver&>(driver).conninfo());
}

}  // namespace yardmaster
