#include "coordinator/store/sqlite_database.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>

#include "coordinator/base/error.h"
#include "coordinator/store/schema.h"
#include "coordinator/store/sqlite_error.h"

namespace yardmaster {
namespace {

constexpr int application_id = 0x59617264;  // "Yard": marks the file as ours
// A lock that another program holds is waited for this long; a stop has to wait for it too.
constexpr int busy_timeout_ms = 1000;
constexpr std::int64_t write_back_frames = 128;
constexpr std::int64_t log_header_bytes = 32;
constexpr std::int64_t frame_header_bytes = 24;

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}

  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_, column);
  }
  std::string_view text(int column) const override { return bytes(column); }
  std::string_view bytes(int column) const override {
    const void* data = sqlite3_column_blob(statement_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return size == 0 ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
  }
  bool is_null(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }

 private:
  sqlite3_stmt* statement_;
};

// Gives a cached statement back to its start, whatever happened.
class ResetLater {
 public:
  explicit ResetLater(sqlite3_stmt* statement) : statement_(statement) {}
  ~ResetLater() { sqlite3_reset(statement_); }
  ResetLater(const ResetLater&) = delete;
  ResetLater& operator=(const ResetLater&) = delete;

 private:
  sqlite3_stmt* statement_;
};

constexpr auto longest_check = std::chrono::seconds(5);

// Ends what SQLite does when its time is over, for as long as this lives.
class InterruptedAt {
 public:
  InterruptedAt(sqlite3* connection, SteadyTime deadline)
      : connection_(connection), deadline_(deadline) {
    constexpr int instructions = 1000;  // between looks at the clock
    sqlite3_progress_handler(connection_, instructions, &is_over, this);
  }
  ~InterruptedAt() { sqlite3_progress_handler(connection_, 0, nullptr, nullptr); }
  InterruptedAt(const InterruptedAt&) = delete;
  InterruptedAt& operator=(const InterruptedAt&) = delete;

 private:
  static int is_over(void* self) {
    const SteadyTime deadline = static_cast<const InterruptedAt*>(self)->deadline_;
    return std::chrono::steady_clock::now() > deadline ? 1 : 0;
  }

  sqlite3* connection_;
  SteadyTime deadline_;
};

}  // namespace

SqliteDatabase::SqliteDatabase(std::filesystem::path file, Connection connection)
    : file_(std::move(file)), connection_(std::move(connection)) {}

SqliteDatabase::~SqliteDatabase() = default;

void SqliteDatabase::fail(std::string_view doing) const {
  throw sqlite_error(connection_.get(), file_, doing);
}

SqliteDatabase::Connection SqliteDatabase::connect(const std::filesystem::path& file, int flags) {
  sqlite3* raw = nullptr;
  const int result = sqlite3_open_v2(file.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection(raw);
  if (result != SQLITE_OK) {
    throw Error(sqlite_error_code(result, raw == nullptr ? 0 : sqlite3_system_errno(raw)),
                file.string() + ": cannot open the database: " + sqlite3_errstr(result));
  }
  sqlite3_busy_timeout(raw, busy_timeout_ms);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return connection;
}

std::unique_ptr<SqliteDatabase> SqliteDatabase::open(const std::filesystem::path& file) {
  Connection connection = connect(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(file, std::move(connection)));
  database->configure_writer();
  return database;
}

void SqliteDatabase::configure_writer() {
  // Ask before changing anything: the file may be somebody else's.
  const std::int64_t owner = read_pragma("PRAGMA application_id");
  const std::int64_t tables = read_pragma("SELECT count(*) FROM sqlite_master");
  if (owner != application_id && tables > 0) {
    throw Error(ErrorCode::storage_damaged,
                file_.string() +
                    ": this is not a yardmaster database; nothing was changed. Choose another "
                    "state directory, or move that file away.");
  }
  const std::int64_t version = read_pragma("PRAGMA user_version");
  if (version > schema_version) {
    throw Error(ErrorCode::storage_damaged,
                file_.string() + ": its schema has version " + std::to_string(version) +
                    ", this program knows " + std::to_string(schema_version) +
                    ". Run the newer yardmaster, or restore a backup made by this one.");
  }
  PreparedStatement journal_mode;
  sqlite3_stmt* raw = nullptr;
  sqlite3_prepare_v2(connection_.get(), "PRAGMA journal_mode=WAL", -1, &raw, nullptr);
  journal_mode.reset(raw);
  const bool answered = sqlite3_step(raw) == SQLITE_ROW;
  const auto* mode = answered ? sqlite3_column_text(raw, 0) : nullptr;
  if (mode == nullptr || std::strcmp(reinterpret_cast<const char*>(mode), "wal") != 0) {
    throw unsupported_place(file_);
  }
  journal_mode.reset();
  exec("PRAGMA wal_autocheckpoint=0");
  exec("PRAGMA journal_size_limit=67108864");
  exec("PRAGMA cache_size=-8000");
  exec("PRAGMA temp_store=MEMORY");
  exec("PRAGMA synchronous=NORMAL");
  sqlite3_wal_hook(
      connection_.get(),
      [](void* self, sqlite3*, const char*, int frames) {
        auto& database = *static_cast<SqliteDatabase*>(self);
        database.log_frames_ = frames;
        database.log_grew_ = true;
        return SQLITE_OK;
      },
      this);
}

void SqliteDatabase::prepare_schema() {
  const std::int64_t version = read_pragma("PRAGMA user_version");
  if (version < schema_version) write_schema(version);
  page_size_ = read_pragma("PRAGMA page_size");
  log_.reset(::open((file_.string() + "-wal").c_str(), O_RDONLY | O_CLOEXEC));
}

void SqliteDatabase::write_schema(std::int64_t old_version) {
  const std::string version = std::to_string(schema_version);
  const std::string transaction = "BEGIN IMMEDIATE;" + schema_from(old_version, sqlite_dialect) +
                                  "PRAGMA application_id=" + std::to_string(application_id) +
                                  ";PRAGMA user_version=" + version + ";COMMIT";
  try {
    exec(transaction.c_str(), describe_upgrade(old_version).c_str());
  } catch (...) {
    rollback();
    throw;
  }
}

void SqliteDatabase::exec(const char* sql, const char* doing) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return;
  fail(doing == nullptr ? sql : doing);
}

std::int64_t SqliteDatabase::read_pragma(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(connection_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) fail(sql);
  const PreparedStatement statement(raw);
  if (sqlite3_step(raw) != SQLITE_ROW) fail(sql);
  return sqlite3_column_int64(raw, 0);
}

SqliteDatabase::Prepared& SqliteDatabase::prepared(Statement statement) {
  Prepared& entry = prepared_[static_cast<std::size_t>(statement)];
  if (entry.handle) return entry;
  const std::string_view text = statement_texts[static_cast<std::size_t>(statement)];
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(connection_.get(), text.data(), static_cast<int>(text.size()),
                         SQLITE_PREPARE_PERSISTENT, &raw, nullptr) != SQLITE_OK) {
    fail(text);
  }
  entry.handle.reset(raw);
  const int parameters = sqlite3_bind_parameter_count(raw);
  for (int number = 1; number <= parameters; ++number) {
    entry.places.push_back(
        sqlite3_bind_parameter_index(raw, ("$" + std::to_string(number)).c_str()));
  }
  return entry;
}

void SqliteDatabase::bind(Prepared& prepared, std::span<const Parameter> parameters) {
  sqlite3_stmt* statement = prepared.handle.get();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const int place = prepared.places.at(i);
    if (const auto* number = std::get_if<std::int64_t>(&parameters[i])) {
      sqlite3_bind_int64(statement, place, *number);
    } else if (const auto* text = std::get_if<std::string_view>(&parameters[i])) {
      sqlite3_bind_text64(statement, place, text->data() == nullptr ? "" : text->data(),
                          text->size(), SQLITE_STATIC, SQLITE_UTF8);
    } else if (const auto* bytes = std::get_if<Bytes>(&parameters[i])) {
      sqlite3_bind_blob64(statement, place, bytes->data.data() == nullptr ? "" : bytes->data.data(),
                          bytes->data.size(), SQLITE_STATIC);
    } else {
      sqlite3_bind_null(statement, place);
    }
  }
}

void SqliteDatabase::step_to_end(sqlite3_stmt* statement) {
  int result = SQLITE_ROW;
  while (result == SQLITE_ROW) result = sqlite3_step(statement);
  if (result != SQLITE_DONE) fail(sqlite3_sql(statement));
}

void SqliteDatabase::execute(Statement statement, std::span<const Parameter> parameters) {
  Prepared& entry = prepared(statement);
  const ResetLater reset(entry.handle.get());
  bind(entry, parameters);
  ++writes_;
  step_to_end(entry.handle.get());
}

void SqliteDatabase::query(Statement statement, std::span<const Parameter> parameters,
                           const RowCallback& on_row) {
  Prepared& entry = prepared(statement);
  sqlite3_stmt* handle = entry.handle.get();
  const ResetLater reset(handle);
  bind(entry, parameters);
  const SqliteRow row(handle);
  int result = sqlite3_step(handle);
  for (; result == SQLITE_ROW; result = sqlite3_step(handle)) on_row(row);
  if (result != SQLITE_DONE) fail(sqlite3_sql(handle));
}

void SqliteDatabase::insert_entry(const EntryRow& row) {
  Prepared& entry = prepared(Statement::insert_entry);
  sqlite3_stmt* handle = entry.handle.get();
  const ResetLater reset(handle);
  const auto bind_text = [&](std::size_t i, std::string_view text) {
    sqlite3_bind_text64(handle, entry.places[i], text.data() == nullptr ? "" : text.data(),
                        text.size(), SQLITE_STATIC, SQLITE_UTF8);
  };
  sqlite3_bind_int64(handle, entry.places[0], row.id);
  sqlite3_bind_int64(handle, entry.places[1], row.context_id);
  sqlite3_bind_int64(handle, entry.places[2], row.seq);
  sqlite3_bind_int64(handle, entry.places[3], row.time_us);
  bind_text(4, row.kind);
  bind_text(5, row.data);
  ++writes_;
  step_to_end(handle);
}

void SqliteDatabase::read_entries(std::span<const std::int64_t> ids, const RowCallback& on_row) {
  for (const std::int64_t id : ids) {
    const std::array<Parameter, 1> parameters{id};
    query(Statement::read_entry, parameters, on_row);
  }
}

void SqliteDatabase::begin(Durability durability) {
  require_files();
  const bool full = durability == Durability::power;
  if (full != full_synchronous_) {
    // Takes effect when it is prepared, so it must not be a cached statement.
    exec(full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    full_synchronous_ = full;
  }
  if (!begin_) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(connection_.get(), "BEGIN IMMEDIATE", -1, &raw, nullptr) != SQLITE_OK) {
      fail("begin");
    }
    begin_.reset(raw);
    if (sqlite3_prepare_v2(connection_.get(), "COMMIT", -1, &raw, nullptr) != SQLITE_OK) {
      fail("commit");
    }
    commit_.reset(raw);
  }
  writes_ = 0;
  const ResetLater reset(begin_.get());
  step_to_end(begin_.get());
}

bool SqliteDatabase::commit() {
  log_grew_ = false;
  {
    const ResetLater reset(commit_.get());
    step_to_end(commit_.get());
  }
  start_writing_back();
  return log_grew_;
}

// The kernel starts to write the log's dirty pages in the background, so that the checkpoint that
// syncs them finds little left to do: it halves the time of a checkpoint of 2,000 frames.
void SqliteDatabase::start_writing_back() {
  if (log_frames_ < written_back_frames_) written_back_frames_ = 0;  // the log began anew
  if (!log_ || log_frames_ - written_back_frames_ < write_back_frames) return;
  const std::int64_t frame = page_size_ + frame_header_bytes;
  ::sync_file_range(log_.get(), log_header_bytes + written_back_frames_ * frame,
                    (log_frames_ - written_back_frames_) * frame, SYNC_FILE_RANGE_WRITE);
  written_back_frames_ = log_frames_;
}

void SqliteDatabase::rollback() noexcept {
  if (sqlite3_get_autocommit(connection_.get()) == 0) {
    sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

CheckpointResult SqliteDatabase::checkpoint() {
  CheckpointResult result;
  int frames = 0;
  int backfilled = 0;
  const auto start = std::chrono::steady_clock::now();
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             &frames, &backfilled);
  result.duration = std::chrono::steady_clock::now() - start;
  if (code != SQLITE_OK && code != SQLITE_BUSY) fail("checkpoint");
  result.frames = frames < 0 ? 0 : frames;
  result.backfilled = backfilled < 0 ? 0 : backfilled;
  result.complete = code == SQLITE_OK && frames == backfilled;
  if (result.complete) log_frames_ = 0;  // the next commit starts the log anew
  return result;
}

std::unique_ptr<Database> SqliteDatabase::open_reader() {
  Connection connection = connect(file_, SQLITE_OPEN_READWRITE);
  std::unique_ptr<SqliteDatabase> reader(new SqliteDatabase(file_, std::move(connection)));
  reader->exec("PRAGMA query_only=1");
  reader->exec("PRAGMA cache_size=-4000");
  reader->exec("PRAGMA wal_autocheckpoint=0");
  return reader;
}

// Of a large database it looks at as much as it can in the time, since a start has to end.
void SqliteDatabase::check() {
  const SteadyTime deadline = std::chrono::steady_clock::now() + longest_check;
  const InterruptedAt interrupted(connection_.get(), deadline);
  std::string found;
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(connection_.get(), "PRAGMA quick_check(1)", -1, &raw, nullptr) !=
      SQLITE_OK) {
    fail("quick_check");
  }
  const PreparedStatement statement(raw);
  const int result = sqlite3_step(raw);
  if (result == SQLITE_INTERRUPT) return;
  if (result == SQLITE_ROW) {
    found = reinterpret_cast<const char*>(sqlite3_column_text(raw, 0));
  } else {
    if (sqlite_error_code(result, 0) != ErrorCode::storage_damaged) fail("quick_check");
    found = sqlite3_errmsg(connection_.get());
  }
  if (found == "ok") return;
  throw damaged_database(file_, found);
}

void SqliteDatabase::backup(const std::filesystem::path& file) {
  const Connection target = connect(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  sqlite3_backup* copy = sqlite3_backup_init(target.get(), "main", connection_.get(), "main");
  if (copy == nullptr) {
    throw Error(ErrorCode::storage_failed,
                file.string() + ": cannot write a backup: " + sqlite3_errmsg(target.get()));
  }
  sqlite3_backup_step(copy, -1);
  const int result = sqlite3_backup_finish(copy);
  if (result != SQLITE_OK) {
    throw Error(sqlite_error_code(result, sqlite3_system_errno(target.get())),
                file.string() + ": cannot write a backup: " + sqlite3_errstr(result));
  }
}

}  // namespace yardmaster
