// Writes a copy of the store that is there whole or not at all. Any thread that owns the
// connection.
#pragma once

#include <filesystem>

#include "coordinator/store/database.h"

namespace yardmaster {

// Copies to FILE.tmp and renames that when it is complete; a failure leaves nothing behind. Throws
// Error{already_exists} when there is such a file, and what Database::backup() throws.
void write_backup(Database& database, const std::filesystem::path& file);

}  // namespace yardmaster
