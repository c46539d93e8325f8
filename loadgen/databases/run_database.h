// The PostgreSQL database of one run: in a throw-away cluster, or made on a given server. Either
// way it is fresh, and gone with the object; other databases of that server are not touched. Not
// thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "loadgen/databases/postgres_cluster.h"

namespace yardmaster::loadgen {

class RunDatabase {
 public:
  // Makes a database in a cluster of its own.
  RunDatabase(const PostgresClusterOptions& options, const std::function<void()>& interrupted);
  // Makes a database on the server that `conninfo` names, by a role that may create databases.
  // Throws Error{unavailable} when the server refuses.
  explicit RunDatabase(const std::string& conninfo);
  ~RunDatabase();
  RunDatabase(const RunDatabase&) = delete;
  RunDatabase& operator=(const RunDatabase&) = delete;

  // Returns how to connect, as libpq reads it. It may hold a password.
  const std::string& conninfo() const { return conninfo_; }
  // Returns where its files are; empty when only the server knows.
  std::filesystem::path directory() const;
  // The server's; 0 when it is not loadgen's own.
  pid_t pid() const { return cluster_ ? cluster_->pid() : 0; }
  // Counters of the server's checkpoints and buffer writes (pg_stat_bgwriter) by column; empty when
  // it does not answer.
  std::map<std::string, std::uint64_t> statistics() const;
  // Returns why it is not there any more; empty while it is.
  std::string why_it_ended() const;

 private:
  std::optional<PostgresCluster> cluster_;
  std::string server_;  // conninfo of the given server
  std::string name_;    // the database's name there
  std::string conninfo_;
};

}  // namespace yardmaster::loadgen
