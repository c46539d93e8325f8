#include "coordinator/store/sqlite_inspection.h"

#include <memory>

#include <sqlite3.h>

#include "coordinator/base/clock.h"

namespace yardmaster {
namespace {

constexpr int steps_between_looks = 10'000;

struct CloseInspected {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
struct FinalizeInspected {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Inspected = std::unique_ptr<sqlite3, CloseInspected>;

int is_over(void* deadline) {
  return std::chrono::steady_clock::now() > *static_cast<const SteadyTime*>(deadline) ? 1 : 0;
}

// As with all readers, its end must not be the time of a checkpoint.
Inspected open_read_only(const std::filesystem::path& file) {
  sqlite3* raw = nullptr;
  sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  Inspected connection(raw);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_busy_timeout(raw, 1000);
  return connection;
}

}  // namespace

DatabaseInspection inspect_database(const std::filesystem::path& file,
                                    std::chrono::nanoseconds timeout) {
  SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  const Inspected connection = open_read_only(file);
  sqlite3_progress_handler(connection.get(), steps_between_looks, is_over, &deadline);
  sqlite3_stmt* raw = nullptr;
  int result = sqlite3_prepare_v2(connection.get(), "PRAGMA quick_check(1)", -1, &raw, nullptr);
  const std::unique_ptr<sqlite3_stmt, FinalizeInspected> statement(raw);
  if (result == SQLITE_OK) result = sqlite3_step(raw);
  if (result == SQLITE_INTERRUPT) return {};
  if (result != SQLITE_ROW) return {sqlite3_errmsg(connection.get()), true};
  std::string found = reinterpret_cast<const char*>(sqlite3_column_text(raw, 0));
  if (found == "ok") found.clear();
  return {std::move(found), true};
}

}  // namespace yardmaster
