#include "coordinator/daemon/daemon_metrics.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace yardmaster {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Counters that are counted elsewhere, without a lock, and shown here.
void raise_to(prometheus::Counter& counter, double value) {
  if (value > counter.Value()) counter.Increment(value - counter.Value());
}

std::vector<double> frame_edges() { return {10, 50, 100, 250, 500, 1000, 2000, 4000, 8000, 16000}; }

std::vector<double> batch_edges() { return {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 4096}; }

std::vector<double> turn_edges() {
  std::vector<double> edges;
  edges.reserve(LoopTurns::edges.size());
  for (const auto edge : LoopTurns::edges) {
    edges.push_back(std::chrono::duration<double>(edge).count());
  }
  return edges;
}

}  // namespace

ProcessUsage process_usage() {
  ProcessUsage usage;
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  usage.resident_bytes = resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  rusage spent{};
  ::getrusage(RUSAGE_SELF, &spent);
  usage.cpu_seconds = seconds_of(spent.ru_utime) + seconds_of(spent.ru_stime);
  // Linux tells the number as this directory's size since 6.2; counting its entries takes too long.
  struct stat descriptors {};
  if (::stat("/proc/self/fd", &descriptors) == 0) {
    usage.open_files = static_cast<std::uint64_t>(descriptors.st_size);
  }
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) usage.most_open_files = files.rlim_cur;
  return usage;
}

DaemonMetrics::DaemonMetrics(OnCheckpoint on_checkpoint, OnStorageError on_storage_error)
    : commit_seconds_(registry_.latency("yardmaster_commit_duration_seconds",
                                        "Time that the store took for a commit.")),
      commit_in_checkpoint_seconds_(
          registry_.latency("yardmaster_commit_in_checkpoint_duration_seconds",
                            "Time of commits that a checkpoint delayed.")),
      checkpoint_seconds_(registry_.latency("yardmaster_checkpoint_duration_seconds",
                                            "Time that a checkpoint of the log took.")),
      handoff_seconds_(registry_.latency("yardmaster_handoff_duration_seconds",
                                         "Time from the request for a handoff to its acceptance.")),
      cleanup_seconds_(registry_.latency(
          "yardmaster_cleanup_duration_seconds",
          "Time from an instance's end to the moment when its last trace was gone.")),
      startup_seconds_(registry_.latency(
          "yardmaster_startup_duration_seconds",
          "Time from the request for an instance to its agent's first sign of life.")),
      tmux_seconds_(registry_.latency("yardmaster_tmux_duration_seconds",
                                      "Time that tmux took for an answer.")),
      operations_(registry_.counter("yardmaster_operations_total",
                                    "Operations that the store has committed.")),
      starts_(registry_.counter("yardmaster_starts_total", "Instances that began to live.")),
      restarts_(registry_.counter("yardmaster_restarts_total",
                                  "Those of them that were started again after their end.")),
      failed_starts_(registry_.counter("yardmaster_failed_starts_total",
                                       "Instances that could not be started.")),
      batch_operations_(registry_.histogram("yardmaster_commit_size_operations",
                                            "Operations in a commit.", batch_edges())),
      checkpoint_frames_(registry_.histogram("yardmaster_checkpoint_size_frames",
                                             "Frames in the log when it was checkpointed.",
                                             frame_edges())),
      turn_seconds_(registry_.histogram(
          "yardmaster_broker_turn_duration_seconds",
          "Time of the broker thread between two waits for something to do.", turn_edges())),
      on_checkpoint_(std::move(on_checkpoint)),
      on_storage_error_(std::move(on_storage_error)) {
  registry_
      .gauge("yardmaster_build_info", "The version that runs; always 1.",
             {{"version", std::string(YARDMASTER_VERSION)}})
      .Set(1);
  registry_.gauge("yardmaster_start_time_seconds", "When the daemon started, since 1970.")
      .SetToCurrentTime();
}

void DaemonMetrics::on_commit(std::chrono::nanoseconds duration, std::size_t operations,
                              Durability /*durability*/, bool in_checkpoint) {
  commit_.record(duration);
  commit_seconds_.observe(duration);
  operations_.Increment(static_cast<double>(operations));
  batch_operations_.Observe(static_cast<double>(operations));
  if (!in_checkpoint) return;
  commit_in_checkpoint_.record(duration);
  commit_in_checkpoint_seconds_.observe(duration);
}

void DaemonMetrics::on_checkpoint(const CheckpointResult& result) {
  checkpoint_.record(result.duration);
  checkpoint_seconds_.observe(result.duration);
  checkpoint_frames_.Observe(static_cast<double>(result.frames));
  on_checkpoint_(result);
}

void DaemonMetrics::on_storage_error(const Error& error) {
  registry_
      .counter("yardmaster_storage_errors_total", "What the store failed with, by code.",
               {{"code", std::string(to_string(error.code()))}})
      .Increment();
  on_storage_error_(error);
}

void DaemonMetrics::on_handoff(std::chrono::nanoseconds duration) {
  handoff_.record(duration);
  handoff_seconds_.observe(duration);
}

void DaemonMetrics::on_cleanup(std::chrono::nanoseconds duration) {
  cleanup_.record(duration);
  cleanup_seconds_.observe(duration);
}

void DaemonMetrics::on_started(const Instance& instance, WallTime now) {
  starts_.Increment();
  if (instance.is_restart) restarts_.Increment();
  if ((instance.owned & owns_processes) == 0) return;
  startup_seconds_.observe(std::max(now - instance.created_at, std::chrono::microseconds(0)));
}

void DaemonMetrics::on_not_started() { failed_starts_.Increment(); }

void DaemonMetrics::on_program(std::string_view program, bool succeeded,
                               std::chrono::nanoseconds duration) {
  registry_
      .latency("yardmaster_program_duration_seconds", "Time that a program took that was run.",
               {{"program", std::string(program)}, {"outcome", succeeded ? "success" : "failure"}})
      .observe(duration);
}

void DaemonMetrics::on_stall(const Stall& stall) {
  registry_
      .counter("yardmaster_broker_stalls_total",
               "Turns of the broker thread that took longer than stall_limit, by what it ran.",
               {{"during", std::string(stall.during)}})
      .Increment();
}

// The broker thread counts its turns without a lock.
void DaemonMetrics::expose(const LoopTurns& turns) {
  std::vector<double> more;
  more.reserve(turns.counts.size());
  for (std::size_t i = 0; i < turns.counts.size(); ++i) {
    more.push_back(static_cast<double>(turns.counts[i] - exposed_turns_.counts[i]));
  }
  const std::chrono::duration<double> time = turns.total - exposed_turns_.total;
  turn_seconds_.ObserveMultiple(more, time.count());
  exposed_turns_ = turns;
}

void DaemonMetrics::set_requests(const std::string& command, const std::string& code,
                                 std::uint64_t count) {
  raise_to(registry_.counter("yardmaster_requests_total", "Requests by command and outcome.",
                             {{"command", command}, {"code", code}}),
           static_cast<double>(count));
}

nlohmann::json DaemonMetrics::histograms() const {
  return {{"commit", commit_.encode()},
          {"commit_in_checkpoint", commit_in_checkpoint_.encode()},
          {"checkpoint", checkpoint_.encode()},
          {"handoff", handoff_.encode()},
          {"cleanup", cleanup_.encode()}};
}

void DaemonMetrics::expose(const StoreGauges& store, WallTime now) {
  registry_
      .gauge("yardmaster_store_info", "The store's engine and its version; always 1.",
             {{"engine", store.engine}, {"version", store.version}})
      .Set(1);
  registry_
      .gauge("yardmaster_wal_frames",
             "Frames in the write-ahead log that no checkpoint has moved; 0 with a server.")
      .Set(static_cast<double>(store.log_frames));
  for (const auto status :
       {MessageStatus::pending, MessageStatus::delivered, MessageStatus::read}) {
    const auto found = store.messages.counts.find(status);
    const std::uint64_t count = found == store.messages.counts.end() ? 0 : found->second;
    registry_
        .gauge("yardmaster_messages", "Messages that are not acked, by their state.",
               {{"state", std::string(to_string(status))}})
        .Set(static_cast<double>(count));
  }
  const auto oldest = store.messages.oldest_sent_at.value_or(now);
  registry_
      .gauge("yardmaster_oldest_unacked_message_age_seconds",
             "How long ago the oldest message that is not acked was sent; 0 without any.")
      .Set(std::max(std::chrono::duration<double>(now - oldest).count(), 0.0));
}

void DaemonMetrics::expose(const ProcessUsage& usage) {
  const auto set = [this](const char* name, const char* help, std::uint64_t value) {
    registry_.gauge(name, help).Set(static_cast<double>(value));
  };
  set("process_resident_memory_bytes", "Memory of the process that is resident.",
      usage.resident_bytes);
  if (usage.open_files > 0) {
    set("process_open_fds", "Files that the process has open.", usage.open_files);
  }
  set("process_max_fds", "Files that the process may have open.", usage.most_open_files);
  raise_to(registry_.counter("process_cpu_seconds_total", "CPU time of the process."),
           usage.cpu_seconds);
}

std::string DaemonMetrics::exposition(const DaemonGauges& gauges) {
  const auto set = [this](const char* name, const char* help, std::uint64_t value) {
    registry_.gauge(name, help).Set(static_cast<double>(value));
  };
  set("yardmaster_connections", "Connections that are open.", gauges.connections);
  set("yardmaster_instances", "Instances that live.", gauges.instances);
  set("yardmaster_subscribers", "Sessions that listen to events.", gauges.subscribers);
  set("yardmaster_operations_in_flight", "Operations that wait for the store.",
      gauges.operations_in_flight);
  for (const auto& [kind, count] : gauges.instances_by_state) {
    registry_
        .gauge("yardmaster_instances_by_state", "Instances by role and state.",
               {{"role", kind.first}, {"state", std::string(to_string(kind.second))}})
        .Set(static_cast<double>(count));
  }
  const auto raise = [this](const char* name, const char* help, std::uint64_t value) {
    raise_to(registry_.counter(name, help), static_cast<double>(value));
  };
  raise("yardmaster_connections_accepted_total", "Connections taken.", gauges.accepted);
  raise("yardmaster_connections_refused_total", "Connections refused since there were too many.",
        gauges.refused);
  raise("yardmaster_subscribers_dropped_total",
        "Sessions that were hung up on since they did not read their events.",
        gauges.dropped_subscribers);
  raise("yardmaster_connections_shed_total",
        "Connections closed since they held most when all held too much.", gauges.shed);
  raise("yardmaster_redeliveries_total",
        "Messages sent again to subscribers that had not confirmed them.", gauges.redelivered);
  for (const auto& [cause, count] : gauges.dead_letters) {
    raise_to(registry_.counter("yardmaster_dead_letters_total",
                               "Messages that nobody is going to read, by cause.",
                               {{"cause", std::string(to_string(cause))}}),
             static_cast<double>(count));
  }
  set("yardmaster_session_memory_bytes", "What connections hold in memory.", gauges.session_memory);
  expose(gauges.turns);
  if (gauges.store) expose(*gauges.store, gauges.now);
  expose(process_usage());
  return registry_.exposition();
}

}  // namespace yardmaster
