// Turns SQLite's result codes (https://sqlite.org/rescode.html) into this project's errors. Pure
// functions; sqlite_error() must be called on the connection's thread, right after the failed call.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "coordinator/base/error.h"

namespace yardmaster {

// `system_error` is the errno that sqlite3_system_errno() gives, 0 when it is not known.
ErrorCode sqlite_error_code(int result, int system_error);

// The latest failure of the connection, while `doing` was tried on the file.
Error sqlite_error(sqlite3* connection, const std::filesystem::path& file, std::string_view doing);

// The file system cannot carry a write-ahead log.
Error unsupported_place(const std::filesystem::path& file);

// The database is damaged; `what` says how.
Error damaged_database(const std::filesystem::path& file, const std::string& what);

}  // namespace yardmaster
