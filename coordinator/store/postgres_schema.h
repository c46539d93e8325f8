// Creates or upgrades the schema in a PostgreSQL database.
#pragma once

#include "coordinator/store/postgres_connection.h"

namespace yardmaster {

// Prepares the schema in one transaction. Throws Error{storage_damaged} when the database is newer
// than this program or holds something else; nothing has changed then.
void prepare_postgres_schema(PostgresConnection& connection);

}  // namespace yardmaster
