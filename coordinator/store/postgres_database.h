// Database on PostgreSQL. The writing connection works in pipeline mode: statements of a
// transaction are sent without waiting, entries as one insert, and a failure is told of at the next
// query or at the commit.
//
// Every transaction that writes leaves its number in yard_meta. When the connection is lost, that
// number tells whether the last commit took effect: it is read by a new connection once the old
// one's session is gone, which a session lock makes sure of. The lock also keeps a second
// coordinator away from the database.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/base/store_kind.h"
#include "coordinator/store/postgres_checkpointer.h"
#include "coordinator/store/postgres_connection.h"
#include "coordinator/store/postgres_statements.h"

namespace yardmaster {

struct PostgresOptions {
  std::string conninfo;  // as libpq reads it; empty: PGHOST and its like
  // Has the server checkpoint so often; zero leaves it to the server. For measuring.
  std::chrono::nanoseconds checkpoint_interval{};
  // A server that answers nothing for so long hangs: its connection is given up. Readers, who may
  // have asked for much, wait six times as long.
  std::chrono::milliseconds longest_silence{5000};
};

class PostgresDatabase final : public Database {
 public:
  // Throws Error{unavailable} when the server cannot be reached, unsupported when it cannot be
  // used, storage_damaged when the database is not ours (nothing is changed then) or newer, and
  // conflict when another coordinator uses it.
  static std::unique_ptr<PostgresDatabase> open(const PostgresOptions& options);
  ~PostgresDatabase() override;

  void prepare_schema() override;
  void begin(Durability durability) override;
  bool commit() override;
  void rollback() noexcept override;
  using Database::execute;
  using Database::query;
  void execute(Statement statement, std::span<const Parameter> parameters) override;
  void query(Statement statement, std::span<const Parameter> parameters,
             const RowCallback& on_row) override;
  void insert_entry(const EntryRow& row) override;
  void read_entries(std::span<const std::int64_t> ids, const RowCallback& on_row) override;
  std::uint64_t writes() const override { return writes_; }
  // The server keeps its log to itself.
  std::int64_t log_frames() const override { return 0; }
  // An explicit CHECKPOINT.
  CheckpointResult checkpoint() override;
  bool checkpoints_on_request() const override { return false; }
  bool is_checkpointing() const override;
  std::optional<CheckpointResult> take_checkpoint() override;
  bool take_divergence() override { return std::exchange(diverged_, false); }
  std::unique_ptr<Database> open_reader() override;
  void check() override {}  // the server's business
  // Throws unsupported: pg_dump does it.
  void backup(const std::filesystem::path& file) override;
  std::string location() const override { return location_; }
  std::string_view engine() const override { return to_string(StoreKind::postgres); }
  std::string version() const override { return version_; }

 private:
  enum class Purpose { writing, reading };
  // Entries that wait to be inserted together, column by column.
  struct WaitingEntries {
    std::vector<std::int64_t> ids, context_ids, seqs, times;
    std::vector<std::string> kinds, data;
    std::size_t bytes = 0;
  };

  PostgresDatabase(PostgresOptions options, Purpose purpose);

  // A session of ours that is not gone by the deadline is another coordinator's.
  void connect(std::chrono::steady_clock::time_point lock_deadline);
  void require_connection();
  void reconnect(std::chrono::nanoseconds timeout);
  void take_session_lock(std::chrono::steady_clock::time_point deadline);
  void prepare_statements();
  std::int64_t stored_transaction();
  void send_entries();
  void set_durability(Durability durability);
  // Takes answers until so many are left.
  void take_answers(std::size_t left);
  PostgresConnection::Result ask(const std::string& name, const PostgresArguments& arguments);
  PostgresConnection::Result ask_again_if_lost(const std::string& name,
                                               const PostgresArguments& arguments);
  bool resolve_commit();

  PostgresOptions options_;
  Purpose purpose_;
  std::unique_ptr<PostgresConnection> connection_;
  std::unique_ptr<PostgresCheckpointer> checkpointer_;
  std::string location_;
  std::string version_;
  int last_backend_ = 0;  // pid of the writing connection's server process
  WaitingEntries entries_;
  std::int64_t transaction_ = 0;  // the last that is known to have taken effect
  std::uint64_t writes_ = 0;
  bool in_transaction_ = false;
  bool knows_schema_ = false;
  bool diverged_ = false;
  std::optional<Durability> durability_;  // as the session is set now
  std::chrono::steady_clock::time_point next_attempt_{};
  std::chrono::nanoseconds pause_{};
};

}  // namespace yardmaster
