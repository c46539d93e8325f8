// The whole daemon: puts the parts together, starts and stops them in order. Lives on one thread,
// which becomes the broker thread in run().
//
// Start: lock, log, the yard's identity, limits, store, reconcile, sockets. Stop: no more
// connections and requests, what is in flight is answered, sockets closed, store flushed, lock
// given back.
#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include "coordinator/base/config.h"

namespace yardmaster {

// The things that agents get beside their environment, which is the daemon's.
struct AgentSurroundings {
  std::string cli_reference;  // the part of prompts about the command line
  mode_t file_mask = 022;     // their umask, and git's; the daemon's own files are private
};

class Daemon {
 public:
  // Takes the lock, makes sure whose yard it is and opens the store. Throws Error that says what to
  // do. `force`: see YardClaim.
  Daemon(const Config& config, AgentSurroundings surroundings, bool force);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Serves until SIGTERM, SIGINT, the `stop` command or stop(); a second signal ends the process at
  // once. Throws when the sockets cannot be opened.
  void run();
  // Any thread.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace yardmaster
