// A report is what a run of loadgen found, as plain values: filled by loadgen, judged by verdict.h,
// written by the writers (JSON, Markdown, terminal). The JSON fields are the contract with other
// tools; see reports/README.md.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/histogram.h"

namespace yardmaster::reports {

enum class Verdict { pass, fail, inconclusive };
std::string_view to_string(Verdict verdict);
std::optional<Verdict> verdict_from(std::string_view text);
// fail before inconclusive before pass.
Verdict worst(Verdict a, Verdict b);

struct Environment {
  std::string cpu;
  unsigned cores = 0;
  std::uint64_t memory_bytes = 0;
  std::string kernel;
  std::string filesystem;  // under the store's directory
  std::string sqlite_version;
  std::string postgres_version;
  std::string compiler;
  std::string build_type;
  double fsync_p50_ms = 0;  // fdatasync of a 4 KiB overwrite where the store lives
  double fsync_p99_ms = 0;
};

// Returns the environment of runs on one machine with several stores: the later one's figures, all
// versions.
Environment together(const Environment& before, const Environment& now);

// A limit for one quantile of one measurement, e.g. write P99 ≤ 30 ms.
struct Target {
  std::string measurement;  // "write", "checkpoint", "handoff", "websocket_rtt", …
  double quantile = 0.99;
  std::chrono::nanoseconds limit{};
  // Asked for by name: inconclusive instead of left out when its workload does not run.
  bool by_name = false;
};

// How many samples are over the limit divided by `divisor`, and what the samples count there.
struct MarginCount {
  unsigned divisor = 1;
  std::uint64_t over = 0;
  double effective_count = 0;
};

// What samples say about a limit; that of several runs adds up. Neighbours are alike, so that the
// samples count as fewer independent ones: `effective_count` is the lesser of what they are worth
// around the limit and what around their own P95.
struct Evidence {
  std::uint64_t count = 0;
  std::uint64_t over_limit = 0;
  double effective_count = 0;
  double effective_at_limit = 0;  // 0, these two: not known, as effective_count
  double effective_in_bulk = 0;
  double effective_over = 0;         // of several runs: their sum; 0: in proportion
  std::vector<MarginCount> margins;  // empty if any sample is over the limit
  // The same without those over the limit that a pause of the generator may explain; absent if
  // there are none.
  std::optional<std::uint64_t> undisturbed_over;
  double undisturbed_effective_count = 0;
  double undisturbed_effective_over = 0;  // as effective_over
};

struct Judgement : Evidence {
  Verdict verdict = Verdict::inconclusive;
  unsigned margin = 0;     // of a pass: the divisor of the limit by which it passes; 0: by count
  bool disturbed = false;  // it fails only with what pauses of the generator may explain
};

struct TargetResult : Judgement {
  Target target;
  double vouches_for_s = 0;    // of a pass: the longest stall that the run can hardly have missed
  double judged_quantile = 0;  // a lesser one, at which it passes with few samples; 0: the target's
  std::string reason;
};

// Infinity stands for "never answered" in a quantile, and for "too few samples to tell" in
// p99_high_ms; both are null in JSON.
struct Measurement {
  std::uint64_t count = 0;
  std::uint64_t unanswered = 0;
  metrics::Quantiles latency_ms;  // from the intended time
  metrics::Quantiles service_ms;  // from the send
  metrics::Quantiles lag_ms;      // of the generator itself, behind the intended time
  double p99_low_ms = 0;          // 95% confidence interval of the latency's P99, with
  double p99_high_ms = 0;         // effective_count independent samples
  double effective_count = 0;     // 0: not known
  // The latencies, and the service times, at the quantiles of distribution_quantile(), as far as
  // there are samples for; empty: not known.
  std::vector<double> latency_distribution_ms;
  std::vector<double> service_distribution_ms;
};

// Returns the quantile of a distribution's point: ten for each further nine, from 0 on.
double distribution_quantile(std::size_t index);
// Returns how many points so many samples have.
std::size_t distribution_size(std::uint64_t count);

// Little's law is N = λ·W, here for the requests of one kind: the mean number in flight, integrated
// over the time as they go out and come back, against what the samples say. Where the two accounts
// differ, samples are missing, doubled or wrong.
struct LittlesLaw {
  double in_flight = 0;       // N
  double answered_per_s = 0;  // λ
  double service_ms = 0;      // W, the mean

  // Returns how far the samples' account is from the other, as a part of it; 0 when nothing was in
  // flight.
  double difference() const {
    return in_flight > 0 ? answered_per_s * service_ms / 1000 / in_flight - 1 : 0;
  }
};

struct SecondOfRun {
  double time_s = 0;
  std::map<std::string, std::uint64_t> counts;
  std::map<std::string, double> p50_ms;
  std::map<std::string, double> p99_ms;
  std::map<std::string, double> max_ms;
  double lag_p99_ms = 0;  // schedule lag of the generator itself, of all workloads
};

// A heat map counts the answers of a measurement by time and latency. Its columns are equally long;
// those of a long run are joined. Latencies lie in rows, of which each factor of ten has
// `per_decade`.
struct HeatMap {
  static constexpr unsigned per_decade = 8;
  static constexpr double lowest_ms = 0.001;  // where row 0 begins; it holds what is below, too
  static constexpr unsigned rows = 7 * per_decade;  // and the last what is above

  struct Column {
    unsigned lowest_row = 0;
    std::vector<std::uint64_t> counts;  // from that row on
  };
  double column_s = 1;
  std::map<std::string, std::vector<Column>> columns;  // by measurement
};

// A mark is something to know about a moment of a run: a look, a fault.
struct Mark {
  double time_s = 0;  // since the measuring began, as in the series
  std::string kind;   // "look"
  std::string text;
};

struct Audit {
  std::uint64_t acknowledged = 0;
  std::uint64_t stored = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t out_of_order = 0;
  std::uint64_t orphans = 0;  // left by real instances that were gone

  bool clean() const { return lost == 0 && duplicated == 0 && out_of_order == 0 && orphans == 0; }
};

// A time in which the generator itself did not run, on the run's clock: seconds since its warm-up
// began, which intended times count from too.
struct Pause {
  double begin_s = 0;
  double end_s = 0;
};

struct Validity {
  metrics::Quantiles schedule_lag_ms;
  metrics::Quantiles hiccup_ms;
  std::vector<Pause> pauses;  // of the generator: rising, and none touches another
  // The coordinator was ready to run, and others used the CPUs; like `pauses`.
  std::vector<Pause> coordinator_waits;
  std::uint64_t due = 0;             // requests that were due while it was measured, of all
  std::uint64_t begun = 0;           // workloads, and those of them that were begun; 0: not known
  double stolen_cpu_s = 0;           // CPU time that the host took away
  std::vector<std::string> reasons;  // why a target cannot pass; empty: valid
};

// Writers with connections of their own met this much of each other, over the measured writes.
struct Contention {
  std::uint64_t busy = 0;        // transactions that the database refused with a busy error
  std::uint64_t retries = 0;     // transactions that were begun again after one
  double retry_ms = 0;           // from the first such error of a write to its commit, summed
  std::uint64_t lock_waits = 0;  // pauses for a lock within the database's own busy timeout
  double lock_wait_ms = 0;       // these, summed
};

// The numbers say what a run with real instances stood on, and what became of them.
struct RealInstances {
  std::uint64_t repository_files = 0;
  double kill_grace_ms = 0;                      // between SIGTERM and SIGKILL
  std::map<std::string, std::uint64_t> endings;  // instances that ended, by the way they did
  std::vector<std::string> left;                 // the first of what was left, as a sentence each
  std::vector<std::string> lost_work;            // the same of what was not saved
};

// A check is something that is found once in a run and has a limit, without any statistics.
struct Check {
  std::string name;  // "coordinator_cpu_share", "processes_spawned"
  double value = 0;
  double limit = 0;

  bool holds() const { return value <= limit; }
};

struct Resources {
  std::uint64_t coordinator_rss_bytes = 0;  // the highest seen
  double coordinator_cpu_s = 0;
  double loadgen_cpu_s = 0;
};

// These are the durations of syncs in the conditions of a store's process whose syncs are delayed,
// measured before the load in pairs with the bare disk.
struct DelayedFsync {
  double p50_ms = 0;
  double p99_ms = 0;
  double bare_p50_ms = 0;
  double added_ms = 0;  // median of the pairs' differences, and its 99.9% confidence interval
  double added_low_ms = 0;
  double added_high_ms = 0;
};

struct Run {
  std::string scenario;
  std::uint64_t instances = 0;
  double interval_ms = 0;
  std::string arrivals;  // "staggered", "aligned", "poisson", "closed-loop", "none"
  double duration_s = 0;
  double warmup_s = 0;
  std::string store;     // "sqlite", "postgres"
  std::string topology;  // "broker", "direct"
  std::string transaction;
  std::string checkpoint_policy;
  std::string durability;
  double fsync_injected_ms = 0;  // the median of what is added to each fsync of the store
  std::string fsync_latency;     // the same as it was asked for: "5ms", "uniform:1ms..9ms"
  std::uint64_t seed = 0;
  int pair = 0;
  Verdict verdict = Verdict::inconclusive;
  double offered_per_s = 0;
  double achieved_per_s = 0;
  bool interrupted = false;
  int looks = 0;  // planned looks taken
  Validity validity;
  std::optional<DelayedFsync> delayed_fsync;  // if something was injected
  std::map<std::string, Measurement> measurements;
  std::map<std::string, LittlesLaw> littles_law;  // by measurement; empty: not known
  metrics::Quantiles checkpoint_frames;           // frames, not milliseconds
  std::vector<SecondOfRun> series;
  HeatMap heat_map;
  std::vector<Mark> marks;
  std::vector<TargetResult> targets;
  Audit audit;
  std::map<std::string, std::uint64_t> errors;             // by code
  std::map<std::string, std::uint64_t> server_statistics;  // pg_stat_bgwriter's counts
  std::optional<Contention> contention;                    // the direct topology's
  std::optional<RealInstances> real_instances;             // instead of simulated ones
  std::vector<Check> checks;                               // one that does not hold fails the run
  std::vector<std::string> warnings;  // beside the verdict, which they do not change
  Resources resources;
};

struct DecisionSummary {
  std::string store;     // this report's answer
  std::string recorded;  // decision.json's answer
  bool agrees = false;
  std::string reason;
};

struct Report {
  std::string command;  // that repeats it, as a shell takes it; empty: not known
  Environment environment;
  std::vector<Run> runs;
  std::uint64_t missing_runs = 0;  // planned, and not carried out
  std::optional<DecisionSummary> decision;

  // fail if any run fails, else inconclusive if any is or is missing, else pass; inconclusive
  // without runs. The pairs of an interleaved series count together, not one by one.
  Verdict verdict() const;
};

}  // namespace yardmaster::reports
