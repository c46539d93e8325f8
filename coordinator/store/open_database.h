// Opens the database that the configured store lives on. Any thread.
#pragma once

#include <memory>

#include "coordinator/base/config.h"
#include "coordinator/store/database.h"

namespace yardmaster {

// Opens the database that the configuration names and checks it; a new SQLite file is made. Throws
// Error that says what to do.
std::unique_ptr<Database> open_database(const Config& config);

}  // namespace yardmaster
