#include "loadgen/direct/direct_run.h"

#include <algorithm>
#include <thread>

#include <sqlite3.h>

#include "coordinator/base/error.h"
#include "coordinator/base/wal_reset_bug.h"
#include "loadgen/direct/row_audit.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using Kind = InstanceSample::Kind;

// The SQLite-first design has this timeout.
constexpr milliseconds default_busy_timeout{5000};
constexpr milliseconds tick{5};
constexpr milliseconds head_start{20};
constexpr seconds ready_deadline{60};
// A coordinator has as long for its answers.
constexpr seconds drain_deadline{5};
// A write that has begun has this long beyond the busy timeout.
constexpr seconds last_write_deadline{5};

ArrivalPlan arrivals_of(const LoadPlan& plan) {
  return {.arrivals = plan.arrivals,
          .interval = plan.interval,
          .instances = static_cast<std::uint32_t>(plan.instances),
          .seed = plan.seed};
}

struct NoObserver final : DirectConnection::Observer {
  void on_checkpoint(const DirectCheckpoint& /*checkpoint*/) override {}
  void on_lock_wait(std::chrono::nanoseconds /*time*/) override {}
};

double to_ms(std::int64_t duration_ns) { return static_cast<double>(duration_ns) / 1e6; }

}  // namespace

DirectRun::DirectRun(const LoadPlan& plan, const std::string& database,
                     std::vector<std::string> environment)
    : MeasuredRun(plan),
      environment_(std::move(environment)),
      memory_(static_cast<std::uint32_t>(plan.instances)),
      schedule_(arrivals_of(plan)),
      waiting_(plan.instances),
      end_(plan.warmup + plan.longest()) {
  add_log("write");
  if (!traits_of(plan.store).has_server) add_log("checkpoint");
  write_orders(database);
}

void DirectRun::write_orders(const std::string& database) {
  RunBlock& run = memory_.run();
  if (database.size() >= run.database.capacity()) {
    throw Error(ErrorCode::usage, "the database's name is too long: '" + database + "'");
  }
  run.store = plan_.store;
  run.database.set(database);
  run.transaction = *plan_.transaction;
  run.durability = plan_.durability;
  run.busy_timeout_ms =
      std::chrono::duration_cast<milliseconds>(plan_.busy_timeout.value_or(default_busy_timeout))
          .count();
  run.checkpoint_after_write = plan_.checkpoint_policy == "every-write";
  run.checkpoints_by_itself = true;
  run.arrivals = arrivals_of(plan_);
  run.payload_bytes = plan_.payload_bytes;
  run.end_ns = end_.count();
}

void DirectRun::execute() {
  use_exact_timers();
  InstanceProcesses processes(memory_, environment_);
  prepare(processes);
  generate(processes);
  drain(processes);
  begin_audit();
  run_audit();
  phase_ = RunPhase::done;
}

void DirectRun::prepare(InstanceProcesses& processes) {
  NoObserver nobody;
  daemon_.store = to_string(plan_.store);
  daemon_.checkpoint_policy = plan_.checkpoint_policy;
  {
    const auto connection = open_direct(options_from(memory_.run()), nobody);
    connection->create_table();
    daemon_.store_version = connection->version();
    daemon_.store_path = connection->path();
  }
  processes.start();
  const auto ready = [&] { return processes.all_ready(); };
  if (!work_until(processes, steady_clock::now() + ready_deadline, ready)) {
    throw Error(ErrorCode::timed_out, "not all instances have opened the database after 60 s");
  }
}

void DirectRun::generate(InstanceProcesses& processes) {
  const SteadyTime start = steady_clock::now() + head_start;
  memory_.run().start_ns = start.time_since_epoch().count();
  memory_.announce_change();
  start_at(start);
  const auto stopped = [this] { return stop_now_.load(); };
  if (!work_until(processes, start + plan_.warmup, stopped)) {
    begin_measuring_itself();
    work_until(processes, start + end_, stopped);
  }
  set_end(std::min(elapsed(), end_));
  end_measuring(start + end_);
}

void DirectRun::set_end(Offset end) {
  end_ = end;
  memory_.run().end_ns = end.count();
  memory_.announce_change();
}

void DirectRun::drain(InstanceProcesses& processes) {
  const auto ended = [&] { return processes.all_ended(); };
  if (!work_until(processes, steady_clock::now() + drain_deadline, ended)) {
    memory_.run().given_up = true;
    memory_.announce_change();
    const milliseconds timeout(memory_.run().busy_timeout_ms);
    work_until(processes, steady_clock::now() + timeout + last_write_deadline, ended);
  }
  take_samples();
  count_errors();
}

template <typename Done>
bool DirectRun::work_until(InstanceProcesses& processes, SteadyTime deadline, Done done) {
  while (true) {
    if (abandoned_) throw Abandoned();
    const bool is_done = done();
    processes.note_ended();
    take_samples();
    if (is_done) return true;
    const auto now = steady_clock::now();
    if (now >= deadline) return false;
    std::this_thread::sleep_until(std::min(now + tick, deadline));
  }
}

void DirectRun::begin_due(Offset until) {
  until = std::min(until, end_);
  while (schedule_.next().offset < until) {
    const Due due = schedule_.next();
    waiting_[due.instance].push_back({log("write").begin(due.offset), due.offset});
    schedule_.pop();
  }
}

void DirectRun::take_samples() {
  if (phase_ == RunPhase::preparing) return;
  begin_due(elapsed());
  for (std::uint32_t i = 0; i < memory_.instances(); ++i) {
    while (const auto sample = memory_.instance(i).ring.pop()) {
      if (sample->kind == Kind::write) {
        take_write(i, *sample);
      } else {
        checkpoints_.push_back(*sample);
      }
    }
  }
  take_checkpoints();
}

void DirectRun::take_write(std::uint32_t instance, const InstanceSample& sample) {
  const Offset intended(sample.at);
  begin_due(intended + Offset(1));
  auto& waiting = waiting_[instance];
  // Such a write was begun in the moment when the end was set.
  if (waiting.empty() || waiting.front().intended != intended) return;
  log("write").send(waiting.front().sample);
  log("write").finish(waiting.front().sample, Offset(sample.latency), Offset(sample.service));
  waiting.pop_front();
  if (intended < plan_.warmup) return;
  log("write").note_lag(intended, Offset(sample.lag));
  count_contention(sample);
}

void DirectRun::take_checkpoints() {
  std::sort(checkpoints_.begin(), checkpoints_.end(),
            [](const auto& a, const auto& b) { return a.at < b.at; });
  for (const auto& sample : checkpoints_) {
    const Offset at(sample.at);
    if (at < plan_.warmup) continue;
    if (sample.kind == Kind::refused_checkpoint) {
      ++refused_checkpoints_;
    } else if (phase_ == RunPhase::measuring) {
      log("checkpoint").add(at, Offset(sample.latency));
      checkpoint_frames_.record(Offset(sample.frames));
    }
  }
  checkpoints_.clear();
}

void DirectRun::count_contention(const InstanceSample& sample) {
  contention_.busy += sample.busy;
  contention_.retries += sample.busy;
  contention_.retry_ms += to_ms(sample.retry);
  contention_.lock_waits += sample.lock_waits;
  contention_.lock_wait_ms += to_ms(sample.lock_wait);
}

void DirectRun::count_errors() {
  std::uint64_t unanswered = 0;
  for (const auto& waiting : waiting_) unanswered += waiting.size();
  if (unanswered > 0) errors_["unanswered"] = unanswered;
  if (contention_.busy > 0) errors_["busy"] = contention_.busy;
  if (refused_checkpoints_ > 0) errors_["checkpoint_busy"] = refused_checkpoints_;
}

void DirectRun::run_audit() {
  const RunBlock& run = memory_.run();
  const Payload payload(run.arrivals.seed, run.payload_bytes);
  std::vector<std::uint64_t> acknowledged;
  acknowledged.reserve(memory_.instances());
  for (std::uint32_t i = 0; i < memory_.instances(); ++i) {
    acknowledged.push_back(memory_.instance(i).acknowledged);
  }
  NoObserver nobody;
  const auto connection = open_direct(options_from(run), nobody);
  RowAudit audit(payload, acknowledged);
  connection->read_rows([&](const DirectRow& row) {
    if (abandoned_) throw Abandoned();
    audit.add(row.instance, row.data);
    ++audited_;
  });
  audit_ = audit.result();
}

double DirectRun::other_cpu_s() const {
  std::int64_t used = 0;
  for (std::uint32_t i = 0; i < memory_.instances(); ++i) used += memory_.instance(i).cpu_ns;
  return static_cast<double>(used) / 1e9;
}

std::vector<std::string> DirectRun::warnings() const {
  const bool alone = plan_.instances == 1;
  if (plan_.store != StoreKind::sqlite || alone || !has_wal_reset_bug(sqlite3_libversion_number()))
    return {};
  return {wal_reset_warning(sqlite3_libversion())};
}

}  // namespace yardmaster::loadgen
