#include "coordinator/store/sqlite_error.h"

#include <cerrno>
#include <string>

namespace yardmaster {
namespace {

// The write-ahead log needs memory shared between processes, which not every file system offers.
bool lacks_shared_memory(int extended_result, ErrorCode code) {
  return code == ErrorCode::storage_failed &&
         (extended_result == SQLITE_IOERR_SHMMAP || extended_result == SQLITE_IOERR_SHMOPEN ||
          extended_result == SQLITE_IOERR_SHMLOCK);
}

}  // namespace

ErrorCode sqlite_error_code(int result, int system_error) {
  switch (result & 0xff) {
    case SQLITE_FULL:
      return ErrorCode::storage_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::storage_damaged;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::timed_out;
    case SQLITE_IOERR:
      return system_error == ENOSPC || system_error == EDQUOT ? ErrorCode::storage_full
                                                              : ErrorCode::storage_failed;
    default:
      return ErrorCode::storage_failed;
  }
}

Error unsupported_place(const std::filesystem::path& file) {
  return {ErrorCode::unsupported,
          file.string() +
              ": SQLite cannot use its write-ahead log here; the file system has no shared memory "
              "support (network and some shared folders). Choose a state directory on a local "
              "disk."};
}

Error damaged_database(const std::filesystem::path& file, const std::string& what) {
  return {ErrorCode::storage_damaged,
          file.string() + ": the database is damaged (" + what +
              "). Restore the latest backup in its place, or save what can be read with "
              "`sqlite3 FILE .recover`."};
}

Error sqlite_error(sqlite3* connection, const std::filesystem::path& file, std::string_view doing) {
  const int result = sqlite3_extended_errcode(connection);
  const ErrorCode code = sqlite_error_code(result, sqlite3_system_errno(connection));
  if (lacks_shared_memory(result, code)) return unsupported_place(file);
  if ((result & 0xff) == SQLITE_CORRUPT) return damaged_database(file, sqlite3_errmsg(connection));
  return {code, file.string() + ": " + std::string(doing) + ": " + sqlite3_errmsg(connection)};
}

}  // namespace yardmaster
