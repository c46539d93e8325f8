// Everything that belongs to an instance's process, found and ended: nothing that an agent started
// outlives it, however it was started.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "coordinator/instances/processes/process.h"

namespace yardmaster {

// The environment variable that a launched agent and what descends from it carry.
inline constexpr const char* token_variable = "YARDMASTER_TOKEN";

struct ProcessTreeQuery {
  std::optional<ProcessIdentity> root;
  std::string token;  // the variable's value; empty: it was not launched by us
  // The tmux server's pid, for one: neither these processes belong nor, for being their
  // descendants, others. The same goes for this process itself.
  std::vector<std::int64_t> spared = {};
};

// The root itself while it runs; the members of the session that it leads; whatever carries the
// token; and the descendants of all these. What has ended is left out, zombies too, and so is what
// we may not end: the processes of other users, unless we are root. Signals reach the found ones
// through their pidfds or not at all. Blocking, some milliseconds: for a worker.
//
// When so many are found that no more files can be opened, they are not all. Throws
// Error{unavailable} when none could be opened.
std::vector<ProcessHandle> find_process_tree(const ProcessTreeQuery& query);

// The tokens with this beginning that any process carries. Blocking, as above.
std::vector<std::string> find_tokens(const std::string& prefix);

// Ends all of it: SIGTERM (unless `force`) and `grace`, during which those that were asked may
// start what they need to end properly; then SIGKILL, until nothing is found. The thread of `io`.
// Throws Error{timed_out} when something cannot be ended in ten seconds.
boost::asio::awaitable<void> end_process_tree(boost::asio::io_context& io,
                                              boost::asio::thread_pool& workers,
                                              ProcessTreeQuery query,
                                              std::chrono::nanoseconds grace, bool force);

}  // namespace yardmaster
