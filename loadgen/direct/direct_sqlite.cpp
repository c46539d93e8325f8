#include "loadgen/direct/direct_sqlite.h"

#include <algorithm>
#include <thread>

#include "coordinator/base/error.h"
#include "embedded/direct_pragmas.sql.h"
#include "embedded/direct_sqlite.sql.h"
#include "loadgen/direct/lock_pause.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::steady_clock;

// `PRAGMA wal_autocheckpoint = 1000` waits for as many frames.
constexpr int frames_before_checkpoint = 1000;
// This is the offset in the WAL index, behind two copies of its 48-byte header
// (https://sqlite.org/walformat.html).
constexpr std::size_t backfilled_at = 96;
constexpr int index_page = 32768;

double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void bind_text(sqlite3_stmt* statement, int place, std::string_view text) {
  sqlite3_bind_text(statement, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

std::string_view text_of(sqlite3_stmt* statement, int column) {
  const void* const text = sqlite3_column_blob(statement, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  return {static_cast<const char*>(text), size};
}

bool is_busy(int result) { return (result & 0xff) == SQLITE_BUSY; }

}  // namespace

SqliteConnection::SqliteConnection(const DirectOptions& options, Observer& observer)
    : options_(options), observer_(observer) {
  sqlite3* connection = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(options.database.c_str(), &connection, flags, nullptr);
  connection_.reset(connection);
  if (result != SQLITE_OK) fail("open");
  configure();
}

void SqliteConnection::configure() {
  const auto wait = [](void* self, int attempt) {
    return static_cast<SqliteConnection*>(self)->wait_for_lock(attempt);
  };
  sqlite3_busy_handler(connection_.get(), wait, this);
  execute(std::string(embedded::direct_pragmas_sql).c_str());
  execute(options_.durability == Durability::power ? "PRAGMA synchronous = FULL"
                                                   : "PRAGMA synchronous = NORMAL");
  const auto committed = [](void* self, sqlite3*, const char*, int log_frames) {
    static_cast<SqliteConnection*>(self)->after_commit(log_frames);
    return SQLITE_OK;
  };
  // This replaces the handler that the pragma installed.
  sqlite3_wal_hook(connection_.get(), committed, this);
}

void SqliteConnection::create_table() { execute(std::string(embedded::direct_sqlite_sql).c_str()); }

void SqliteConnection::prepare_writing() {
  const bool immediate = options_.transaction == Transaction::immediate;
  begin_ = prepare(immediate ? "BEGIN IMMEDIATE" : "BEGIN");
  if (!immediate) {
    select_ = prepare(
        "SELECT id, data FROM test_decisions WHERE instance_id = ? ORDER BY id DESC LIMIT 1");
  }
  insert_ = prepare("INSERT INTO test_decisions (instance_id, data, timestamp) VALUES (?, ?, ?)");
  commit_ = prepare("COMMIT");
}

bool SqliteConnection::write(const DirectRow& row) {
  if (!begin_) prepare_writing();
  waited_ = {};
  if (select_) bind_text(select_.get(), 1, row.instance);
  bind_text(insert_.get(), 1, row.instance);
  bind_text(insert_.get(), 2, row.data);
  sqlite3_bind_double(insert_.get(), 3, seconds_since_epoch());
  const bool written = run(begin_.get()) && (!select_ || run(select_.get())) &&
                       run(insert_.get()) && run(commit_.get());
  if (!written) roll_back();
  return written;
}

bool SqliteConnection::run(sqlite3_stmt* statement) {
  int result = SQLITE_ROW;
  while (result == SQLITE_ROW) result = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (result != SQLITE_DONE && !is_busy(result)) fail("write to");
  return result == SQLITE_DONE;
}

void SqliteConnection::roll_back() {
  if (sqlite3_get_autocommit(connection_.get()) == 0) execute("ROLLBACK");
}

int SqliteConnection::wait_for_lock(int attempt) {
  const auto pause = lock_pause(static_cast<std::size_t>(attempt));
  if (attempt == 0) waited_ = {};
  if (waited_ + pause > options_.busy_timeout) return 0;
  const auto before = steady_clock::now();
  std::this_thread::sleep_for(pause);
  const auto time = steady_clock::now() - before;
  waited_ += pause;
  observer_.on_lock_wait(time);
  return 1;
}

void SqliteConnection::after_commit(int log_frames) {
  // A checkpoint that fails is no error of the commit, as with SQLite's own.
  if (options_.checkpoints_by_itself && log_frames >= frames_before_checkpoint) take_checkpoint();
}

void SqliteConnection::checkpoint() {
  const int result = take_checkpoint();
  if (result != SQLITE_OK && !is_busy(result)) fail("checkpoint");
}

int SqliteConnection::take_checkpoint() {
  const auto backfilled_before = backfilled_frames();
  int log_frames = 0;
  int backfilled = 0;
  const auto before = steady_clock::now();
  const int result = sqlite3_wal_checkpoint_v2(connection_.get(), "main", SQLITE_CHECKPOINT_PASSIVE,
                                               &log_frames, &backfilled);
  DirectCheckpoint taken{.duration = steady_clock::now() - before, .frames = 0, .refused = false};
  taken.refused = result != SQLITE_OK;
  const auto now = static_cast<std::uint64_t>(std::max(backfilled, 0));
  // Fewer than before: the log was restarted in between.
  taken.frames = now >= backfilled_before ? now - backfilled_before : now;
  observer_.on_checkpoint(taken);
  return result;
}

// Read where SQLite itself shares it between processes; the first page is mapped with the first
// transaction.
std::uint64_t SqliteConnection::backfilled_frames() const {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_FILE_POINTER,
                       static_cast<void*>(&file));
  if (file == nullptr || file->pMethods == nullptr || file->pMethods->iVersion < 2) return 0;
  void volatile* index = nullptr;
  const int result = file->pMethods->xShmMap(file, 0, index_page, 0, &index);
  if (result != SQLITE_OK || index == nullptr) return 0;
  const auto* const bytes = static_cast<const char volatile*>(index);
  return *reinterpret_cast<const std::uint32_t volatile*>(bytes + backfilled_at);
}

void SqliteConnection::read_rows(const std::function<void(const DirectRow&)>& on_row) {
  const auto rows = prepare("SELECT instance_id, data FROM test_decisions ORDER BY id");
  int result = sqlite3_step(rows.get());
  for (; result == SQLITE_ROW; result = sqlite3_step(rows.get())) {
    on_row({.instance = text_of(rows.get(), 0), .data = text_of(rows.get(), 1)});
  }
  if (result != SQLITE_DONE) fail("read");
}

void SqliteConnection::execute(const char* sql) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail("set up");
}

SqliteConnection::Statement SqliteConnection::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(connection_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK) {
    fail("prepare for");
  }
  return Statement(statement);
}

void SqliteConnection::fail(const std::string& doing) const {
  throw Error(ErrorCode::storage_failed, "SQLite cannot " + doing + " '" + options_.database +
                                             "': " + sqlite3_errmsg(connection_.get()));
}

}  // namespace yardmaster::loadgen
