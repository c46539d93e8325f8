#include "coordinator/store/postgres_database.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/store/postgres_schema.h"

namespace yardmaster {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view session_lock = "1499558500";  // "Yard", as an advisory lock's number
// A server that is away is waited for this long; a stop has to wait for it too.
constexpr milliseconds default_timeout{1000};
// The outcome of a commit is worth waiting for until a server has started anew.
constexpr milliseconds outcome_timeout{5000};
// The session of a coordinator that was killed ends within this time.
constexpr milliseconds lock_timeout{3000};
constexpr int patience_of_readers = 6;  // times as long
// Its shortest: libpq takes less for two seconds.
constexpr std::chrono::seconds reconnect_timeout{2};
constexpr milliseconds lock_glance{20};
constexpr milliseconds first_pause{10};
constexpr milliseconds longest_pause{500};
// One insert takes at most this many entries; more go into the next.
constexpr std::size_t most_entries = 500;
constexpr std::size_t most_entry_bytes = 1U << 20U;
constexpr std::size_t entries_per_read = 1000;

std::string name_of(Statement statement) {
  return "s" + std::to_string(static_cast<int>(statement));
}
std::string name_of(PostgresStatement statement) {
  return "p" + std::to_string(static_cast<int>(statement));
}

class PostgresRow final : public Row {
 public:
  PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}

  std::int64_t integer(int column) const override { return postgres_integer(bytes(column)); }
  std::string_view text(int column) const override { return bytes(column); }
  std::string_view bytes(int column) const override {
    return {PQgetvalue(result_, row_, column),
            static_cast<std::size_t>(PQgetlength(result_, row_, column))};
  }
  bool is_null(int column) const override { return PQgetisnull(result_, row_, column) != 0; }

 private:
  const PGresult* result_;
  int row_;
};

void visit_rows(const PGresult* result, const RowCallback& on_row) {
  const int rows = PQntuples(result);
  for (int row = 0; row < rows; ++row) on_row(PostgresRow(result, row));
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace

PostgresDatabase::PostgresDatabase(PostgresOptions options, Purpose purpose)
    : options_(std::move(options)), purpose_(purpose) {
  connect(steady_clock::now() + lock_timeout);
}

PostgresDatabase::~PostgresDatabase() = default;

std::unique_ptr<PostgresDatabase> PostgresDatabase::open(const PostgresOptions& options) {
  return std::unique_ptr<PostgresDatabase>(new PostgresDatabase(options, Purpose::writing));
}

std::unique_ptr<Database> PostgresDatabase::open_reader() {
  std::unique_ptr<PostgresDatabase> reader(new PostgresDatabase(options_, Purpose::reading));
  reader->knows_schema_ = true;
  reader->prepare_statements();
  return reader;
}

// --- the connection

void PostgresDatabase::connect(steady_clock::time_point lock_deadline) {
  const bool writing = purpose_ == Purpose::writing;
  PostgresConnection::Patience patience;
  patience.for_answer = options_.longest_silence * (writing ? 1 : patience_of_readers);
  if (!location_.empty()) patience.to_connect = reconnect_timeout;  // it was there before
  connection_ = std::make_unique<PostgresConnection>(options_.conninfo,
                                                     writing ? "store" : "reader", patience);
  location_ = connection_->location();
  version_ = connection_->version();
  durability_.reset();
  if (writing) {
    take_session_lock(lock_deadline);
  } else {
    connection_->run("SET default_transaction_read_only TO on");
  }
  if (knows_schema_) prepare_statements();
}

// An old session of ours may not have noticed yet that its client is gone; it could still commit.
void PostgresDatabase::take_session_lock(steady_clock::time_point deadline) {
  const std::string number(session_lock);
  const std::string holder =
      "FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = " +
      number + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
  while (connection_->run("SELECT pg_try_advisory_lock(" + number + ")") != "t") {
    if (last_backend_ != 0) {
      connection_->run("SELECT pg_terminate_backend(pid) " + holder +
                       " AND pid = " + std::to_string(last_backend_));
    }
    if (steady_clock::now() > deadline) {
      throw Error(ErrorCode::conflict, "PostgreSQL at " + location_ +
                                           ": another coordinator uses this database (backend " +
                                           connection_->run("SELECT pid " + holder) +
                                           "): stop it, or choose another database");
    }
    std::this_thread::sleep_for(lock_glance);
  }
  last_backend_ = connection_->backend_pid();
}

void PostgresDatabase::prepare_statements() {
  for (std::size_t i = 0; i < statement_texts.size(); ++i) {
    connection_->prepare(name_of(static_cast<Statement>(i)), statement_texts[i]);
  }
  for (std::size_t i = 0; i < postgres_statement_texts.size(); ++i) {
    connection_->prepare(name_of(static_cast<PostgresStatement>(i)), postgres_statement_texts[i]);
  }
  connection_->sync();
  connection_->finish_pipeline();
}

// Tries with growing pauses for as long as the timeout allows. The pauses go on from one call to
// the next, so that a server that is away is not asked for every transaction.
void PostgresDatabase::reconnect(std::chrono::nanoseconds timeout) {
  connection_.reset();
  const auto deadline = steady_clock::now() + timeout;
  for (;;) {
    if (next_attempt_ > deadline) {
      std::this_thread::sleep_until(deadline);
      throw Error(ErrorCode::storage_failed, "PostgreSQL at " + location_ + " is away");
    }
    std::this_thread::sleep_until(next_attempt_);
    try {
      connect(deadline);
      pause_ = {};
      next_attempt_ = {};
      return;
    } catch (const Error&) {
      connection_.reset();
      pause_ = std::clamp<std::chrono::nanoseconds>(2 * pause_, first_pause, longest_pause);
      next_attempt_ = steady_clock::now() + pause_;
    }
  }
}

void PostgresDatabase::require_connection() {
  if (connection_ && !connection_->is_lost()) return;
  reconnect(default_timeout);
  if (purpose_ == Purpose::reading) return;
  const std::int64_t stored = stored_transaction();
  diverged_ = diverged_ || stored != transaction_;
  transaction_ = stored;
}

std::int64_t PostgresDatabase::stored_transaction() {
  std::int64_t number = 0;
  query(Statement::read_meta, std::array<Parameter, 1>{std::string_view("transaction")},
        [&](const Row& row) { number = row.integer(0); });
  return number;
}

// --- the schema

void PostgresDatabase::prepare_schema() {
  prepare_postgres_schema(*connection_);
  knows_schema_ = true;
  prepare_statements();
  transaction_ = stored_transaction();
  if (options_.checkpoint_interval.count() > 0) {
    checkpointer_ =
        std::make_unique<PostgresCheckpointer>(options_.conninfo, options_.checkpoint_interval);
  }
}

// --- transactions

void PostgresDatabase::set_durability(Durability durability) {
  if (durability_ == durability) return;
  durability_ = durability;
  const bool power = durability == Durability::power;
  connection_->send(name_of(power ? PostgresStatement::wait_for_the_disk
                                  : PostgresStatement::leave_the_disk_behind),
                    {});
  connection_->sync();  // a transaction of its own, so that no rollback takes it back
}

void PostgresDatabase::begin(Durability durability) {
  require_connection();
  writes_ = 0;
  set_durability(durability);
  connection_->send(name_of(PostgresStatement::begin), {});
  in_transaction_ = true;
}

bool PostgresDatabase::commit() {
  send_entries();
  const bool writes = writes_ > 0;
  try {
    if (writes) {
      PostgresArguments mark;
      mark.add(transaction_ + 1);
      connection_->send(name_of(PostgresStatement::mark_transaction), mark);
    }
    connection_->send(name_of(PostgresStatement::commit), {});
    connection_->sync();
    take_answers(0);
  } catch (const Error& error) {
    if (!connection_->is_lost() || !writes || !resolve_commit()) throw;
  }
  in_transaction_ = false;
  if (writes) ++transaction_;
  return writes;
}

// Returns whether the transaction that was being committed when the connection was lost took
// effect. Throws outcome_unknown when the server does not say so in time: the next begin() finds it
// out then.
bool PostgresDatabase::resolve_commit() {
  std::int64_t stored = 0;
  try {
    reconnect(outcome_timeout);
    stored = stored_transaction();
  } catch (const Error& error) {
    throw Error(ErrorCode::outcome_unknown,
                std::string("it is not known whether this took effect: ") + error.what());
  }
  if (stored == transaction_ + 1) return true;
  diverged_ = diverged_ || stored != transaction_;
  transaction_ = stored;
  return false;
}

void PostgresDatabase::rollback() noexcept {
  entries_ = {};
  if (!std::exchange(in_transaction_, false) || !connection_) return;
  const auto finish_pipeline = [this] {
    try {
      connection_->sync();
      connection_->finish_pipeline();
    } catch (const std::exception&) {
      // The failure is known already.
    }
  };
  finish_pipeline();
  try {
    if (!connection_->is_lost()) connection_->send(name_of(PostgresStatement::rollback), {});
  } catch (const std::exception&) {
    return;
  }
  finish_pipeline();
}

// --- statements

void PostgresDatabase::execute(Statement statement, std::span<const Parameter> parameters) {
  ++writes_;
  connection_->send(name_of(statement), PostgresArguments(parameters));
}

void PostgresDatabase::insert_entry(const EntryRow& row) {
  ++writes_;
  entries_.ids.push_back(row.id);
  entries_.context_ids.push_back(row.context_id);
  entries_.seqs.push_back(row.seq);
  entries_.times.push_back(row.time_us);
  entries_.kinds.emplace_back(row.kind);
  entries_.data.emplace_back(row.data);
  entries_.bytes += row.kind.size() + row.data.size();
  if (entries_.ids.size() >= most_entries || entries_.bytes >= most_entry_bytes) send_entries();
}

void PostgresDatabase::send_entries() {
  if (entries_.ids.empty()) return;
  PostgresArguments arguments;
  for (const auto* column :
       {&entries_.ids, &entries_.context_ids, &entries_.seqs, &entries_.times}) {
    arguments.add_array(*column);
  }
  arguments.add_array(views(entries_.kinds));
  arguments.add_array(views(entries_.data));
  connection_->send(name_of(PostgresStatement::insert_entries), arguments);
  entries_ = {};
}

void PostgresDatabase::take_answers(std::size_t left) {
  while (connection_->unanswered() > left) (void)connection_->next();
}

PostgresConnection::Result PostgresDatabase::ask(const std::string& name,
                                                 const PostgresArguments& arguments) {
  if (in_transaction_) {
    send_entries();
    connection_->send(name, arguments);
    connection_->flush();
    take_answers(1);
    return connection_->next();
  }
  connection_->send(name, arguments);
  connection_->sync();
  try {
    take_answers(2);
    PostgresConnection::Result result = connection_->next();
    take_answers(0);
    return result;
  } catch (const Error&) {
    const std::exception_ptr failure = std::current_exception();
    if (!connection_->is_lost()) connection_->finish_pipeline();
    std::rethrow_exception(failure);
  }
}

// Outside of a transaction, a question that was not answered can be asked again.
PostgresConnection::Result PostgresDatabase::ask_again_if_lost(const std::string& name,
                                                               const PostgresArguments& arguments) {
  if (purpose_ == Purpose::reading) require_connection();
  try {
    return ask(name, arguments);
  } catch (const Error&) {
    if (purpose_ == Purpose::writing || !connection_->is_lost()) throw;
  }
  require_connection();
  return ask(name, arguments);
}

void PostgresDatabase::query(Statement statement, std::span<const Parameter> parameters,
                             const RowCallback& on_row) {
  const PostgresConnection::Result result =
      ask_again_if_lost(name_of(statement), PostgresArguments(parameters));
  visit_rows(result.get(), on_row);
}

void PostgresDatabase::read_entries(std::span<const std::int64_t> ids, const RowCallback& on_row) {
  const std::string name = name_of(PostgresStatement::entries_by_id);
  for (std::size_t first = 0; first < ids.size(); first += entries_per_read) {
    PostgresArguments arguments;
    arguments.add_array(ids.subspan(first, std::min(entries_per_read, ids.size() - first)));
    const PostgresConnection::Result result = ask_again_if_lost(name, arguments);
    visit_rows(result.get(), on_row);
  }
}

// --- checkpoints and backups

CheckpointResult PostgresDatabase::checkpoint() {
  require_connection();
  return run_checkpoint(*connection_);
}

bool PostgresDatabase::is_checkpointing() const {
  return checkpointer_ && checkpointer_->is_checkpointing();
}

std::optional<CheckpointResult> PostgresDatabase::take_checkpoint() {
  return checkpointer_ ? checkpointer_->take() : std::nullopt;
}

void PostgresDatabase::backup(const std::filesystem::path& file) {
  throw Error(ErrorCode::unsupported, file.string() +
                                          ": a backup of PostgreSQL is made with its own "
                                          "pg_dump (" +
                                          location_ + ")");
}

}  // namespace yardmaster
