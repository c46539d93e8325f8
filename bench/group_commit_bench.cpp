// These benchmarks show what group commit costs on top of the bare SQLite loop: both append rows of
// 256 bytes, so many per transaction, to a database on the disk of the working directory. They also
// show how long a checkpoint of so many frames takes.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>
#include <sqlite3.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "coordinator/base/unique_fd.h"
#include "coordinator/store/group_commit.h"
#include "coordinator/store/sqlite_database.h"

namespace yardmaster {
namespace {

std::string_view payload() {
  static const std::string text(256, 'x');
  return text;
}

class BenchDirectory {
 public:
  BenchDirectory() {
    std::string name = (std::filesystem::current_path() / "yard-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw Error(ErrorCode::internal, "mkdtemp");
    path_ = name;
  }
  ~BenchDirectory() { std::filesystem::remove_all(path_); }
  BenchDirectory(const BenchDirectory&) = delete;
  BenchDirectory& operator=(const BenchDirectory&) = delete;
  std::filesystem::path file() const { return path_ / "yard.db"; }

 private:
  std::filesystem::path path_;
};

class AppendOperation final : public Operation {
 public:
  AppendOperation(std::uint64_t seq, Durability durability) : Operation(durability), seq_(seq) {
    closed_loop = true;
  }
  void execute(Store& store) override { store.append({"bench", seq_, "note", payload(), {}, {}}); }
  void complete() noexcept override {}

 private:
  std::uint64_t seq_;
};

class SilentObserver final : public CommitObserver {
 public:
  void on_commit(std::chrono::nanoseconds, std::size_t, Durability, bool) override {}
  void on_checkpoint(const CheckpointResult&) override {}
  void on_storage_error(const Error&) override {}
};

void create_bench_instance(Store& store, Database& database) {
  InstanceRequest request;
  request.name = "bench";
  request.role = "worker";
  database.begin(Durability::process);
  store.create_instance(request, "");
  database.commit();
  store.committed();
}

void group_commit_append(benchmark::State& state, Durability durability) {
  const BenchDirectory directory;
  const auto database = SqliteDatabase::open(directory.file());
  const SystemClock clock;
  Store store(*database, clock);
  create_bench_instance(store, *database);
  SilentObserver observer;
  const UniqueFd done(eventfd(0, EFD_CLOEXEC));
  GroupCommit commit(store, std::make_unique<Reader>(database->open_reader()), {}, observer,
                     [&] { eventfd_write(done.get(), 1); });
  std::uint64_t seq = 0;
  for ([[maybe_unused]] auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      commit.submit(std::make_unique<AppendOperation>(++seq, durability));
    }
    commit.hand_over();
    while (commit.in_flight() > 0) {
      eventfd_t value = 0;
      eventfd_read(done.get(), &value);
      commit.drain();
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(seq));
  commit.stop();
}

void bare_sqlite(benchmark::State& state, const char* synchronous) {
  const BenchDirectory directory;
  sqlite3* connection = nullptr;
  sqlite3_open(directory.file().c_str(), &connection);
  const auto exec = [&](const std::string& sql) {
    sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr);
  };
  exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=" + std::string(synchronous));
  exec("CREATE TABLE entries (id INTEGER PRIMARY KEY, context_id, seq, time_us, kind, data)");
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(connection, "INSERT INTO entries VALUES (?, 1, ?, 0, 'note', ?)", -1, &insert,
                     nullptr);
  std::int64_t id = 0;
  for ([[maybe_unused]] auto _ : state) {
    exec("BEGIN IMMEDIATE");
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      sqlite3_bind_int64(insert, 1, ++id);
      sqlite3_bind_int64(insert, 2, id);
      sqlite3_bind_text(insert, 3, payload().data(), static_cast<int>(payload().size()),
                        SQLITE_STATIC);
      sqlite3_step(insert);
      sqlite3_reset(insert);
    }
    exec("COMMIT");
  }
  state.SetItemsProcessed(id);
  sqlite3_finalize(insert);
  sqlite3_close(connection);
}

void checkpoint_by_frames(benchmark::State& state) {
  const BenchDirectory directory;
  const auto database = SqliteDatabase::open(directory.file());
  const SystemClock clock;
  Store store(*database, clock);
  create_bench_instance(store, *database);
  std::uint64_t seq = 0;
  double frames = 0;
  for ([[maybe_unused]] auto _ : state) {
    while (database->log_frames() < state.range(0)) {
      database->begin(Durability::process);
      for (int i = 0; i < 20; ++i) store.append({"bench", ++seq, "note", payload(), {}, {}});
      store.prepare_commit();
      database->commit();
      store.committed();
    }
    const CheckpointResult result = database->checkpoint();
    state.SetIterationTime(std::chrono::duration<double>(result.duration).count());
    frames += static_cast<double>(result.backfilled);
  }
  state.counters["frames"] = benchmark::Counter(frames, benchmark::Counter::kAvgIterations);
}

BENCHMARK_CAPTURE(group_commit_append, process, Durability::process)
    ->RangeMultiplier(10)
    ->Range(1, 1000)
    ->UseRealTime();
BENCHMARK_CAPTURE(bare_sqlite, process, "NORMAL")
    ->RangeMultiplier(10)
    ->Range(1, 1000)
    ->UseRealTime();
BENCHMARK_CAPTURE(group_commit_append, power, Durability::power)
    ->RangeMultiplier(10)
    ->Range(1, 1000)
    ->UseRealTime();
BENCHMARK_CAPTURE(bare_sqlite, power, "FULL")->RangeMultiplier(10)->Range(1, 1000)->UseRealTime();
BENCHMARK(checkpoint_by_frames)->Arg(10)->Arg(100)->Arg(250)->Arg(1000)->Arg(4000)->UseManualTime();

}  // namespace
}  // namespace yardmaster
