#include "coordinator/store/open_database.h"

#include "coordinator/store/postgres_database.h"
#include "coordinator/store/sqlite_database.h"

namespace yardmaster {

std::unique_ptr<Database> open_database(const Config& config) {
  std::unique_ptr<Database> database;
  if (config.store == "postgres") {
    database = PostgresDatabase::open({config.postgres, config.postgres_checkpoint_interval});
  } else {
    database = SqliteDatabase::open(config.paths().database());
  }
  database->check();
  return database;
}

}  // namespace yardmaster
