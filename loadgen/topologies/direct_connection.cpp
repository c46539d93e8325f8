#include "loadgen/topologies/direct_connection.h"

#include "loadgen/topologies/postgres_connection.h"
#include "loadgen/topologies/sqlite_connection.h"

namespace yardmaster::loadgen {

std::unique_ptr<DirectConnection> open_direct(const DirectOptions& options,
                                              DirectConnection::Observer& observer) {
  if (options.store == "postgres") return std::make_unique<PostgresConnection>(options, observer);
  return std::make_unique<SqliteConnection>(options, observer);
}

}  // namespace yardmaster::loadgen
