// A load plan says what one run does, as plain values: read from a scenario, changed by flags, and
// carried out by LoadRun. Times are durations, rates are per second.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/base/store_kind.h"
#include "coordinator/domain/durability.h"
#include "loadgen/databases/fsync_latency.h"
#include "loadgen/plan/churn_kind.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

enum class Arrivals {
  staggered,  // instance i starts at i/N of the interval
  aligned,    // all at once
  poisson,    // exponential gaps with the interval as their mean
};

enum class Topology {
  broker,  // instances talk to a coordinator
  direct,  // each instance is a process with its own connection to the database
};

// Instances are simulated by a connection, or real.
enum class Resources {
  simulated,  // a row, a socket and a connection of loadgen's
  real,       // with a worktree, a window and an agent's process
};

// A writer of the direct topology begins its transactions in one of these ways.
enum class Transaction {
  immediate,  // with the lock: BEGIN IMMEDIATE, and the row
  deferred,   // by reading: BEGIN, its last row, and the new one
};

std::string_view to_string(Transaction transaction);

std::string_view to_string(Arrivals arrivals);
std::optional<Arrivals> arrivals_from(std::string_view text);

// The loads beside the writes. Their rates do not grow with the number of instances, so that they
// measure the same thing at 10 and at 10,000. A rate of 0 leaves the workload out.
struct HandoffLoad {
  double per_second = 10;
  std::uint64_t pairs = 5;
  std::uint64_t entries = 100;
};
struct BroadcastLoad {
  double per_second = 8;
  std::uint64_t listeners = 25;
};
struct ChurnLoad {
  double per_second = 10;
  std::uint64_t instances = 16;
  bool names_rate = false;  // instead of taking those of the resources
  bool names_instances = false;
};
// A burst allocates all instances at once, and releases them again: with real ones only.
struct BurstLoad {
  double per_second = 0;
};
// Clients that ask for too much: off unless a scenario has them.
struct HostileLoad {
  double per_second = 0;  // turns, of all kinds together
  std::uint64_t listeners = 299;
  std::uint64_t megabytes = 100;  // of the context whose digests are asked for
  std::uint64_t messages = 200;   // of 1 MB each, in the mailbox that is listed
  std::uint64_t digests = 300;    // in one go
  std::uint64_t lists = 50;
};
struct WebSocketLoad {
  double per_second = 20;
};

// The repository that real instances work in has this many files unless the plan says otherwise.
inline constexpr std::uint64_t default_repo_files = 2000;

struct LoadPlan {
  std::string scenario = "default";
  std::uint64_t instances = 25;
  std::chrono::nanoseconds interval = std::chrono::milliseconds(250);
  Arrivals arrivals = Arrivals::staggered;
  bool names_arrivals = false;                       // instead of taking those of the topology
  std::optional<std::chrono::nanoseconds> duration;  // one look, at its end
  std::chrono::nanoseconds max_duration = std::chrono::seconds(240);  // otherwise: planned looks
  std::chrono::nanoseconds warmup = std::chrono::seconds(1);          // not measured
  bool closed_loop = false;  // one write outstanding for each instance; no other workloads
  StoreKind store = default_store;
  int pair = 0;  // its place in an interleaved series; 0: none
  Topology topology = Topology::broker;
  std::optional<Transaction> transaction;                 // direct topology only
  std::optional<std::chrono::milliseconds> busy_timeout;  // direct topology only
  std::string checkpoint_policy = "adaptive";
  bool names_checkpoint_policy = false;  // instead of taking what there is
  Durability durability = Durability::process;
  FsyncLatency fsync_latency;  // on top of the disk's, in the store's process
  std::uint64_t payload_bytes = 256;
  std::uint64_t seed = 1;
  HandoffLoad handoffs;
  BroadcastLoad broadcasts;
  ChurnLoad churn;
  WebSocketLoad websocket;
  BurstLoad bursts;
  HostileLoad hostile;
  bool writes = true;
  Resources resources = Resources::simulated;
  std::optional<std::uint64_t> repo_files;  // real instances only, like the next two
  std::vector<ChurnKind> churn_kinds;       // take turns; empty: all
  double churn_edited = 0;                  // the part of those that churn that has work to save
  std::vector<reports::Target> targets;

  // The arrivals as reports name them.
  std::string arrivals_name() const {
    if (!writes) return "none";
    return closed_loop ? "closed-loop" : std::string(to_string(arrivals));
  }
  double offered_per_s() const;
  std::chrono::nanoseconds longest() const { return duration.value_or(max_duration); }
  // Instances that are there, and nothing happens.
  bool is_idle() const {
    return !writes && handoffs.per_second <= 0 && broadcasts.per_second <= 0 &&
           churn.per_second <= 0 && websocket.per_second <= 0 && bursts.per_second <= 0 &&
           hostile.per_second <= 0;
  }
  // Instances have sockets of their own up to here.
  bool wants_instance_sockets() const { return instances <= 1000; }
};

// The limits that the SQLite-first design set.
std::vector<reports::Target> default_targets();

// "write_p99=20us": a measurement, a quantile (p50, p99, p999, p99_9) and a limit with its unit.
// Throws Error{usage} with what is wrong.
reports::Target parse_target(std::string_view text);

// The targets with one added, in place of another for the same measurement and quantile.
void set_target(std::vector<reports::Target>& targets, const reports::Target& target);

}  // namespace yardmaster::loadgen
