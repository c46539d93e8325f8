#include "coordinator/store/open_database.h"

#include "coordinator/base/error.h"
#include "coordinator/base/postgres_secrets.h"
#include "coordinator/store/postgres_database.h"
#include "coordinator/store/sqlite_database.h"

namespace yardmaster {
namespace {

std::unique_ptr<Database> open_unchecked(const Config& config) {
  switch (config.store_kind()) {
    case StoreKind::sqlite:
      return SqliteDatabase::open(config.paths().database());
    case StoreKind::postgres:
      return PostgresDatabase::open({config.postgres, config.postgres_checkpoint_interval});
  }
  throw Error(ErrorCode::internal, "no driver for the store " + config.store);
}

}  // namespace

std::unique_ptr<Database> open_database(const Config& config) {
  if (config.store_kind() == StoreKind::postgres && !is_readable_conninfo(config.postgres)) {
    throw Error(ErrorCode::usage,
                "postgres: libpq cannot read it (what it says of it is not shown, since a password "
                "may be in it)");
  }
  std::unique_ptr<Database> database = open_unchecked(config);
  database->check();
  return database;
}

}  // namespace yardmaster
