// An instance's own connection to the database, without a coordinator: what it writes, how, and
// what it met. One thread. Opening and every call throw Error when the database does not do what it
// is asked for, which a lock that others hold is not.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "coordinator/base/store_kind.h"
#include "coordinator/domain/durability.h"
#include "loadgen/plan/load_plan.h"

namespace yardmaster::loadgen {

struct DirectOptions {
  StoreKind store = default_store;
  std::string database;  // a file, or a PostgreSQL connection string
  Transaction transaction = Transaction::immediate;
  Durability durability = Durability::process;
  bool checkpoints_by_itself = false;  // SQLite's own, within a commit
  std::chrono::milliseconds busy_timeout{5000};
};

struct DirectRow {
  std::string_view instance;  // its name
  std::string_view data;
};

struct DirectCheckpoint {
  std::chrono::nanoseconds duration{};
  std::uint64_t frames = 0;
  bool refused = false;  // another connection was taking one
};

class DirectConnection {
 public:
  struct Observer {
    virtual ~Observer() = default;
    virtual void on_checkpoint(const DirectCheckpoint& checkpoint) = 0;
    virtual void on_lock_wait(std::chrono::nanoseconds time) = 0;
  };

  virtual ~DirectConnection() = default;

  // Fails when the table is there already.
  virtual void create_table() = 0;
  // Writes one row in one transaction. Returns false when others were in the way: nothing is
  // written, and it may be tried again.
  virtual bool write(const DirectRow& row) = 0;
  // Takes one now, if the database knows how.
  virtual void checkpoint() = 0;
  // Reads all rows, in the order in which each instance wrote its own.
  virtual void read_rows(const std::function<void(const DirectRow&)>& on_row) = 0;
  virtual std::string version() = 0;
  // Returns the path of the database's main file, where it is known; else empty.
  virtual std::string path() { return {}; }
};

// The observer must outlive the connection.
std::unique_ptr<DirectConnection> open_direct(const DirectOptions& options,
                                              DirectConnection::Observer& observer);

}  // namespace yardmaster::loadgen
