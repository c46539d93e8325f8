// A private yard is what a run stands on when nobody names a coordinator: a fresh database, on
// SQLite or PostgreSQL, and, except for the direct topology, a private coordinator over it. All of
// it goes with the object. Not thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/databases/run_database.h"
#include "loadgen/hosts/private_daemon.h"
#include "loadgen/plan/load_plan.h"
#include "loadgen/real/outside_view.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

struct PrivateYardOptions {
  std::filesystem::path base;  // parent of the state; empty: a place on a disk
  bool keep = false;           // the state
  std::string postgres;        // a server to make databases on; empty: one of loadgen's own
  // The delay of an fsync with the plan's latency, where it was measured before.
  std::optional<reports::DelayedFsync> known_delay{};
};

class PrivateYard {
 public:
  // Throws Error when something cannot be started, and what `interrupted` throws: it is called
  // while there is nothing to do but wait.
  PrivateYard(const LoadPlan& plan, const PrivateYardOptions& options,
              const std::function<void()>& interrupted);

  // Returns the coordinator's socket.
  std::string socket_path() const { return daemon_->socket_path(); }
  // Returns the database for the direct topology: SQLite's file, or how to connect to PostgreSQL.
  std::string database() const;
  // Returns where real instances are; empty with simulated ones.
  const std::optional<YardPlaces>& places() const { return places_; }
  // Returns what the processes of the direct topology need in their environment.
  const std::vector<std::string>& instance_environment() const { return instance_environment_; }
  // Returns where the store's files are; empty when nobody here knows.
  std::filesystem::path store_directory() const;
  // Returns what an fsync takes in the store's process, when it is delayed.
  const std::optional<reports::DelayedFsync>& delayed_fsync() const { return delayed_fsync_; }
  // Returns PostgreSQL's statistics, see RunDatabase; empty without one.
  std::map<std::string, std::uint64_t> server_statistics() const;
  // Returns why the yard is not there any more; empty while it is.
  std::string why_it_ended() const;

 private:
  void make_database(const LoadPlan& plan, const PrivateYardOptions& options,
                     const std::function<void()>& interrupted);
  void make_repository(const LoadPlan& plan, const PrivateYardOptions& options,
                       const std::function<void()>& interrupted);
  void start_daemon(const LoadPlan& plan, const PrivateYardOptions& options,
                    const std::function<void()>& interrupted);
  void check_delay(const LoadPlan& plan, const PrivateYardOptions& options,
                   const std::function<void()>& interrupted);

  std::optional<FreshDirectory> directory_;   // SQLite's, without a coordinator
  std::optional<FreshDirectory> repository_;  // that real instances work in
  std::optional<RunDatabase> database_;       // PostgreSQL's
  std::optional<PrivateDaemon> daemon_;
  std::optional<YardPlaces> places_;
  std::vector<std::string> instance_environment_;
  std::optional<reports::DelayedFsync> delayed_fsync_;
};

}  // namespace yardmaster::loadgen
