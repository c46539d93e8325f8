// A PostgreSQL server of loadgen's own: made and started with the object in a fresh directory,
// reachable through a Unix socket in a private directory only, stopped and removed with it. As root
// it runs as the user "postgres", since the server refuses to run as root. It also ends when this
// process does. Not thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/databases/fresh_directory.h"
#include "loadgen/databases/fsync_latency.h"
#include "loadgen/databases/owned_program.h"

namespace yardmaster::loadgen {

struct PostgresClusterOptions {
  std::filesystem::path base;       // parent of the fresh directory; empty: a place on a disk
  std::uint64_t connections = 100;  // at once
  FsyncLatency fsync_latency = {};  // added in the server's processes, and its seed
  std::uint64_t seed = 0;
  bool keep = false;  // the directory
};

class PostgresCluster {
 public:
  // Returns when the server answers. Throws Error{unsupported} when PostgreSQL is not installed,
  // Error{unavailable} with what it said when it does not start, and what `interrupted` throws: it
  // is called while there is nothing to do but wait.
  PostgresCluster(const PostgresClusterOptions& options, const std::function<void()>& interrupted);
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  // Returns how to connect, as libpq reads it.
  std::string connection_string() const;
  std::filesystem::path data_directory() const { return directory_.path() / "data"; }
  pid_t pid() const { return server_->pid(); }
  // Returns why the cluster is not running any more; empty while it is.
  std::string why_it_ended() const;

  // These serve tests of faults: an orderly stop, or a crash, and a start on the same data.
  void stop();
  void crash();
  void start(const std::function<void()>& interrupted);

 private:
  void initialise(const std::function<void()>& interrupted);
  void run(const std::string& name, std::vector<std::string> arguments,
           const std::function<void()>& interrupted) const;
  OwnedProgram::Options program(const std::string& name) const;
  std::vector<std::string> delay_environment() const;

  PostgresClusterOptions options_;
  std::optional<Account> account_;
  std::filesystem::path programs_;
  FreshDirectory directory_;
  FreshDirectory sockets_;  // beside /tmp, since a socket's path has to be short
  std::unique_ptr<OwnedProgram> server_;
};

// Returns the directory with the newest installed server's programs. Throws Error{unsupported} that
// names the package when there are none.
std::filesystem::path postgres_programs();

}  // namespace yardmaster::loadgen
