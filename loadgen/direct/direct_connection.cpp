#include "loadgen/direct/direct_connection.h"

#include "coordinator/base/error.h"
#include "loadgen/direct/direct_postgres.h"
#include "loadgen/direct/direct_sqlite.h"

namespace yardmaster::loadgen {

std::unique_ptr<DirectConnection> open_direct(const DirectOptions& options,
                                              DirectConnection::Observer& observer) {
  switch (options.store) {
    case StoreKind::sqlite:
      return std::make_unique<SqliteConnection>(options, observer);
    case StoreKind::postgres:
      return std::make_unique<PostgresConnection>(options, observer);
  }
  throw Error(ErrorCode::internal,
              "no connection to the store " + std::string(to_string(options.store)));
}

}  // namespace yardmaster::loadgen
