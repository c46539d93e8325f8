#include <algorithm>
#include <csignal>
#include <set>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/proc_files.h"
#include "coordinator/instances/processes/process_tree.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
using Handles = std::vector<ProcessHandle>;

constexpr auto kill_timeout = std::chrono::seconds(10);
// A tree that grows faster than it is stopped is killed as it is then, and looked for again.
constexpr int most_rounds = 8;

void send(const Handles& processes, int signal) {
  for (const ProcessHandle& process : processes) send_signal(process, signal);
}

// A process that is made while the others are looked at can be missed together with its parent, if
// that ends at the same time. So nothing is there when nothing is found twice, or once while no
// process was made.
Handles find_for_certain(const ProcessTreeQuery& query) {
  const std::int64_t last_pid = read_last_pid();
  Handles found = find_process_tree(query);
  if (found.empty() && read_last_pid() != last_pid) found = find_process_tree(query);
  return found;
}

// Stops everything before anything is killed: what is stopped makes no more processes, and while
// it lives its descendants are known as such, whatever they did to hide.
Handles stop_all(const ProcessTreeQuery& query) {
  Handles all;
  std::set<std::int64_t> stopped;
  Handles found = find_for_certain(query);
  for (int round = 0; round < most_rounds; ++round) {
    const std::size_t before = all.size();
    for (ProcessHandle& process : found) {
      if (!stopped.insert(process.identity.pid).second) continue;
      send_signal(process, SIGSTOP);
      all.push_back(std::move(process));
    }
    if (all.size() == before) break;
    found = find_process_tree(query);
  }
  return all;
}

enum class Scan { list, stop };

asio::awaitable<Handles> scan_now(ProcessTreeQuery query, Scan how) {
  if (how == Scan::stop) co_return stop_all(query);
  co_return find_for_certain(query);
}

asio::awaitable<Handles> scan(asio::thread_pool& workers, ProcessTreeQuery query, Scan how) {
  asio::awaitable<Handles> scanning = scan_now(std::move(query), how);
  Handles found = co_await asio::co_spawn(workers, std::move(scanning), asio::use_awaitable);
  co_return found;
}

// False when some still run at the deadline.
asio::awaitable<bool> wait_for_end(asio::io_context& io, const Handles& processes,
                                   SteadyTime deadline) {
  bool all = true;
  for (const ProcessHandle& process : processes) {
    const bool ended = co_await wait_readable(io, process.pidfd.get(), deadline);
    all = all && ended;
  }
  co_return all;
}

// A stopped process handles no signal until it is continued.
void ask_to_end(const Handles& processes) {
  send(processes, SIGTERM);
  send(processes, SIGCONT);
}

// Those that were asked may start what they need to end properly; what is left when they have
// ended is asked, too. False when something may be left.
asio::awaitable<bool> end_by_asking(asio::io_context& io, asio::thread_pool& workers,
                                    ProcessTreeQuery query, SteadyTime deadline) {
  bool in_time = true;
  while (in_time) {
    const Handles asked = co_await scan(workers, query, Scan::list);
    if (asked.empty()) co_return true;
    ask_to_end(asked);
    in_time = co_await wait_for_end(io, asked, deadline);
  }
  co_return false;
}

[[noreturn]] void give_up(const Handles& processes) {
  std::string pids;
  for (const ProcessHandle& process : processes) {
    pids += (pids.empty() ? "" : ", ") + std::to_string(process.identity.pid);
  }
  throw Error(ErrorCode::timed_out, "these processes cannot be ended: pid " + pids);
}

}  // namespace

asio::awaitable<void> end_process_tree(asio::io_context& io, asio::thread_pool& workers,
                                       ProcessTreeQuery query, std::chrono::nanoseconds grace,
                                       bool force) {
  const SteadyTime began = std::chrono::steady_clock::now();
  bool ended = false;
  if (!force) ended = co_await end_by_asking(io, workers, query, began + grace);
  const SteadyTime deadline = std::chrono::steady_clock::now() + kill_timeout;
  while (!ended) {
    const Handles left = co_await scan(workers, query, Scan::stop);
    send(left, SIGKILL);
    const bool all = co_await wait_for_end(io, left, deadline);
    if (!all) give_up(left);
    ended = left.empty();
    const bool too_late = std::chrono::steady_clock::now() > deadline;
    if (!ended && too_late) give_up(left);
  }
}

}  // namespace yardmaster
