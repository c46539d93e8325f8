// Connections to the daemon of the yard that was named, and to no other's: who holds the lock of
// the state directory has to be who listens. Blocking, any thread.
#pragma once

#include <string>

#include "coordinator/base/config.h"
#include "coordinator/base/error.h"
#include "coordinator/client/client.h"

namespace yardmaster::cli {

// An Error{unavailable}: no daemon runs there, or one runs and cannot be reached.
class NoDaemon : public Error {
 public:
  explicit NoDaemon(const std::string& message) : Error(ErrorCode::unavailable, message) {}
};

// Throws NoDaemon, and Error{conflict} when another yard's daemon listens. A yard that was named by
// its runtime directory alone is the one whose daemon listens there.
Client connect_to_yard(const Config& config, Client::Timeout timeout = std::chrono::seconds(5));

}  // namespace yardmaster::cli
