#include "coordinator/store/postgres_schema.h"

#include <string>

#include "coordinator/base/error.h"
#include "coordinator/store/schema.h"

namespace yardmaster {
namespace {

// An upgrade may have to write a large table anew.
constexpr std::chrono::minutes longest_upgrade{10};

std::string place_of(const PostgresConnection& connection) {
  return "PostgreSQL at " + connection.location() + ": ";
}

void require_empty(PostgresConnection& connection) {
  const std::string others = connection.run(
      "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
      "WHERE relkind IN ('r', 'p', 'v', 'm') AND nspname <> 'information_schema' "
      "AND nspname NOT LIKE 'pg\\_%'");
  if (others == "0") return;
  throw Error(ErrorCode::storage_damaged,
              place_of(connection) +
                  "this is not a yardmaster database; nothing was changed. Create one of its own, "
                  "as with `createdb yardmaster`, and name it.");
}

std::int64_t require_version(PostgresConnection& connection) {
  const std::string stored =
      connection.run("SELECT value FROM yard_meta WHERE name = 'schema_version'");
  if (stored.empty()) {
    throw Error(ErrorCode::storage_damaged, place_of(connection) +
                                                "this is not a yardmaster database; nothing was "
                                                "changed. Choose another one.");
  }
  const std::int64_t version = std::stoll(stored);
  if (version > schema_version) {
    throw Error(ErrorCode::storage_damaged,
                place_of(connection) + "its schema has version " + stored +
                    ", this program knows " + std::to_string(schema_version) +
                    ". Run the newer yardmaster, or choose another database.");
  }
  return version;
}

// Statements that run() gets at once are one transaction.
void write_schema(PostgresConnection& connection, std::int64_t old_version) {
  const std::string version = std::to_string(schema_version);
  const std::string mark =
      old_version == 0
          ? "INSERT INTO yard_meta (name, value) VALUES ('transaction', 0), ('schema_version', " +
                version + ")"
          : "UPDATE yard_meta SET value = " + version + " WHERE name = 'schema_version'";
  try {
    connection.run(schema_from(old_version, postgres_dialect) + mark, longest_upgrade);
  } catch (const Error& error) {
    throw Error(error.code(),
                place_of(connection) + describe_upgrade(old_version) + ": " + error.what());
  }
}

}  // namespace

void prepare_postgres_schema(PostgresConnection& connection) {
  std::int64_t version = 0;
  if (connection.run("SELECT to_regclass('yard_meta') IS NOT NULL") == "t") {
    version = require_version(connection);
  } else {
    require_empty(connection);
  }
  if (version < schema_version) write_schema(connection, version);
}

}  // namespace yardmaster
