// A store on a real database in a directory of its own; every contract test runs on each driver.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "coordinator/base/clock.h"
#include "coordinator/base/error.h"
#include "coordinator/base/store_kind.h"
#include "coordinator/store/postgres_database.h"
#include "coordinator/store/sqlite_database.h"
#include "coordinator/store/store.h"
#include "loadgen/databases/run_database.h"

namespace yardmaster {

class Driver {
 public:
  virtual ~Driver() = default;
  // A connection to the database, which stays from one call to the next.
  virtual std::unique_ptr<Database> open() = 0;
};

class SqliteDriver final : public Driver {
 public:
  SqliteDriver() {
    std::string name = (std::filesystem::temp_directory_path() / "yard-contract-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw Error(ErrorCode::internal, "mkdtemp");
    directory_ = name;
  }
  ~SqliteDriver() override { std::filesystem::remove_all(directory_); }
  SqliteDriver(const SqliteDriver&) = delete;
  SqliteDriver& operator=(const SqliteDriver&) = delete;

  std::unique_ptr<Database> open() override { return SqliteDatabase::open(file()); }
  std::filesystem::path file() const { return directory_ / "yard.db"; }

 private:
  std::filesystem::path directory_;
};

// One server for the whole program, a database of its own for each test.
class PostgresDriver final : public Driver {
 public:
  PostgresDriver() : database_(server().connection_string()) {}

  std::unique_ptr<Database> open() override {
    return PostgresDatabase::open({database_.conninfo(), {}});
  }

  const std::string& conninfo() const { return database_.conninfo(); }

  static loadgen::PostgresCluster& server() {
    static loadgen::PostgresCluster cluster({}, [] {});
    return cluster;
  }

 private:
  loadgen::RunDatabase database_;
};

inline std::unique_ptr<Driver> make_driver(const std::string& name) {
  if (name == "sqlite") return std::make_unique<SqliteDriver>();
  if (name == "postgres") return std::make_unique<PostgresDriver>();
  throw Error(ErrorCode::internal, "no driver " + name);
}

class StoreContract : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    driver_ = make_driver(GetParam());
    reopen();
  }

  // Opens the store as after a crash: what lives in memory is lost, what was committed is not.
  void reopen() {
    store_.reset();
    database_.reset();
    database_ = driver_->open();
    store_.emplace(*database_, clock_, most_heads_);
  }

  void reopen_after_orderly_stop() {
    store_->write_out_tail();
    reopen();
  }

  // Runs work in a transaction of its own, as GroupCommit does.
  template <typename Work>
  auto in_transaction(Work work) {
    database_->begin(Durability::process);
    try {
      if constexpr (std::is_void_v<decltype(work())>) {
        work();
        commit();
      } else {
        auto result = work();
        commit();
        return result;
      }
    } catch (...) {
      database_->rollback();
      store_->rolled_back();
      throw;
    }
  }

  void create(const std::string& name, const std::string& role = "worker") {
    InstanceRequest request;
    request.name = name;
    request.role = role;
    in_transaction([&] { return store_->create_instance(request, ""); });
  }

  Instance end(const std::string& name, const std::string& reason) {
    EndRecord record;
    record.reason = reason;
    return in_transaction([&] { return store_->end_instance(name, record); });
  }

  void append(const std::string& context, std::uint64_t first, std::uint64_t last) {
    in_transaction([&] {
      for (std::uint64_t seq = first; seq <= last; ++seq) {
        store_->append({context, seq, "note", "entry " + std::to_string(seq), {}, {}});
      }
    });
  }

  std::vector<ContextEntry> read(const std::string& context, std::uint64_t from = 1,
                                 std::uint64_t limit = 0) {
    Reader reader(database_->open_reader());
    return reader.read(store_->snapshot(context, from, limit));
  }

  // The code of the Error that the work ends with; internal when it ends without.
  template <typename Work>
  ErrorCode refusal(Work work) {
    try {
      in_transaction([&] { (void)work(); });
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  }

  std::size_t most_heads_ = 0;  // as many as are usual
  ManualClock clock_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Database> database_;
  std::optional<Store> store_;

 private:
  void commit() {
    store_->prepare_commit();
    database_->commit();
    store_->committed();
  }
};

inline std::string driver_name(const testing::TestParamInfo<std::string>& info) {
  return info.param;
}

}  // namespace yardmaster
