// The schema, which all drivers share but for a few words, and the way to it from older ones. Any
// thread.
//
// A driver runs what it gets here in one transaction, in which it also writes the version: a
// database has one version whole or another, whatever happens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace yardmaster {

inline constexpr std::int64_t schema_version = 5;

// A dialect says what the words in braces of schema.sql and migrations/*.sql stand for.
struct Dialect {
  std::string_view id;         // a 64-bit primary key that rows are stored by
  std::string_view bytes;      // a byte string
  std::string_view path;       // a path: any bytes but zero
  std::string_view clustered;  // makes a table be stored by its primary key
  std::string_view postgres;   // before a line that is PostgreSQL's alone
};

inline constexpr Dialect sqlite_dialect{.id = "INTEGER PRIMARY KEY",
                                        .bytes = "BLOB",
                                        .path = "TEXT",
                                        .clustered = "WITHOUT ROWID",
                                        .postgres = "--"};
inline constexpr Dialect postgres_dialect{
    .id = "BIGINT PRIMARY KEY", .bytes = "BYTEA", .path = "BYTEA", .clustered = "", .postgres = ""};

std::string in_dialect(std::string_view sql, const Dialect& dialect);

// The statements that make a database of schema_version of an older one; 0 stands for an empty one.
std::string schema_from(std::int64_t version, const Dialect& dialect);

// Returns what those statements do, for errors.
std::string describe_upgrade(std::int64_t version);

}  // namespace yardmaster
