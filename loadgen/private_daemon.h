// A coordinator of loadgen's own: started with fresh state in a fresh directory, stopped and
// removed with the object. It also ends when this process does, however that ends. Not thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <sys/types.h>

#include "coordinator/base/unique_fd.h"

namespace yardmaster::loadgen {

// A directory that is removed with the object, unless it is kept.
class FreshDirectory {
 public:
  // Below `base`. Throws Error{unavailable}.
  explicit FreshDirectory(const std::filesystem::path& base);
  ~FreshDirectory();
  FreshDirectory(const FreshDirectory&) = delete;
  FreshDirectory& operator=(const FreshDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  std::filesystem::path path_;
  bool kept_ = false;
};

struct PrivateDaemonOptions {
  std::filesystem::path base;  // where the fresh directory goes; empty: a place on a real disk
  std::string checkpoint_policy;
  bool keep = false;
};

class PrivateDaemon {
 public:
  // Returns when the daemon listens. Throws Error{unavailable} with what it said when it does not,
  // and what `interrupted` throws: it is called while there is nothing to do but wait.
  PrivateDaemon(const PrivateDaemonOptions& options, const std::function<void()>& interrupted);
  ~PrivateDaemon();
  PrivateDaemon(const PrivateDaemon&) = delete;
  PrivateDaemon& operator=(const PrivateDaemon&) = delete;

  std::string socket_path() const { return runtime_.path() / "broker.sock"; }
  const std::filesystem::path& state_directory() const { return state_.path(); }
  pid_t pid() const { return pid_; }
  // Why it is not running any more; empty while it is.
  std::string why_it_ended() const;

 private:
  void start(const std::string& checkpoint_policy);
  void wait_until_it_listens(int watch, const std::function<void()>& interrupted) const;
  void stop() noexcept;
  std::string last_words() const;

  FreshDirectory state_;
  FreshDirectory runtime_;  // beside /tmp, since a socket's path has to be short
  UniqueFd process_;        // a pidfd
  pid_t pid_ = -1;
};

// Where state goes when nobody says: the first of TMPDIR, /var/tmp and the current directory that
// is on a disk. Throws Error{unsupported} when none is.
std::filesystem::path place_on_a_disk();
// tmpfs and ramfs, where an fsync costs nothing and says nothing.
bool is_in_memory(const std::filesystem::path& directory);

}  // namespace yardmaster::loadgen
