// The bug by which SQLite can lose acknowledged commits when several connections write or
// checkpoint (https://sqlite.org/wal.html#walresetbug). Pure functions, any thread.
#pragma once

#include <string>

namespace yardmaster {

// `version` as sqlite3_libversion_number() has it: 3.40.1 is 3040001.
bool has_wal_reset_bug(int version);

// Returns the warning, with its reason, that a run with several connections on such a version must
// show.
std::string wal_reset_warning(const std::string& version);

}  // namespace yardmaster
