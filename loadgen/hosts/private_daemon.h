// A coordinator of loadgen's own: started with fresh state in a fresh directory, stopped and
// removed with the object. It also ends when this process does, however that ends. Not thread-safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/base/store_kind.h"
#include "loadgen/databases/fresh_directory.h"
#include "loadgen/databases/owned_program.h"
#include "loadgen/real/remains.h"

namespace yardmaster::loadgen {

struct PrivateDaemonOptions {
  std::filesystem::path base = {};  // parent of the fresh directory; empty: a place on a disk
  std::string checkpoint_policy;
  StoreKind store = StoreKind::sqlite;
  std::string postgres;  // PostgreSQL's connection string, for libpq
  std::chrono::nanoseconds postgres_checkpoint_interval{};
  bool keep = false;
  std::vector<std::string> environment = {};  // "NAME=value", for its process alone
  // The agents of real instances live in windows, which outlive the daemon: they are ended with the
  // object.
  bool has_real_instances = false;
};

class PrivateDaemon {
 public:
  // Returns when the daemon listens. Throws Error{unavailable} with what it said when it does not,
  // and what `interrupted` throws: it is called while there is nothing to do but wait.
  PrivateDaemon(const PrivateDaemonOptions& options, const std::function<void()>& interrupted);
  PrivateDaemon(const PrivateDaemon&) = delete;
  PrivateDaemon& operator=(const PrivateDaemon&) = delete;

  std::string socket_path() const { return runtime_.path() / "broker.sock"; }
  const std::filesystem::path& state_directory() const { return state_.path(); }
  const std::filesystem::path& runtime_directory() const { return runtime_.path(); }
  pid_t pid() const { return program_->pid(); }
  // Returns why the daemon is not running any more; empty while it is.
  std::string why_it_ended() const;

 private:
  void start(const PrivateDaemonOptions& options);
  void wait_until_it_listens(int watch, const std::function<void()>& interrupted) const;

  FreshDirectory state_;
  FreshDirectory runtime_;          // beside /tmp, since a socket's path has to be short
  std::optional<Remains> remains_;  // after the program, before the directories
  std::unique_ptr<OwnedProgram> program_;
};

}  // namespace yardmaster::loadgen
