#include "loadgen/direct/direct_connection.h"

#include "loadgen/direct/direct_postgres.h"
#include "loadgen/direct/direct_sqlite.h"

namespace yardmaster::loadgen {

std::unique_ptr<DirectConnection> open_direct(const DirectOptions& options,
                                              DirectConnection::Observer& observer) {
  if (options.store == "postgres") return std::make_unique<PostgresConnection>(options, observer);
  return std::make_unique<SqliteConnection>(options, observer);
}

}  // namespace yardmaster::loadgen
