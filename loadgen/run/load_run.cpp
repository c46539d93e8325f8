#include "loadgen/run/load_run.h"

#include <algorithm>
#include <utility>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "loadgen/plan/real_plan.h"
#include "loadgen/real/bursts.h"
#include "loadgen/real/real_churn.h"
#include "loadgen/real/rescue_audit.h"
#include "loadgen/run/audit.h"
#include "loadgen/run/release_guard.h"
#include "loadgen/workloads/broadcasts.h"
#include "loadgen/workloads/churn.h"
#include "loadgen/workloads/handoffs.h"
#include "loadgen/workloads/hostile.h"
#include "loadgen/workloads/websocket.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Longer than the largest limit that anyone has for an answer.
constexpr std::chrono::seconds last_answer_deadline{5};
constexpr milliseconds workload_head_start{20};
constexpr std::chrono::seconds histograms_deadline{60};
constexpr std::uint64_t most_contexts_to_count = 100;
constexpr std::chrono::seconds repository_deadline{30};
constexpr std::chrono::seconds trash_deadline{10};
// Releases that wait for their answer at a time.
constexpr std::size_t release_window = 256;

// One wait lasts no longer while the load runs, so that an end of the writes' thread is seen.
constexpr milliseconds sender_check_interval{100};

// From this rate on, the writes are sent in turns.
constexpr double turns_from_per_s = 5000;
constexpr std::chrono::microseconds turn_length{200};

std::string text_in(const nlohmann::json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

LoadRun::LoadRun(const LoadPlan& plan, Options options, const ChildNursery& nursery)
    : MeasuredRun(plan), options_(std::move(options)), nursery_(nursery) {
  make_logs();
  if (options_.places) real_.emplace(*options_.places);
}

LoadRun::~LoadRun() = default;

void LoadRun::make_logs() {
  if (plan_.writes) add_log("write");
  add_log("checkpoint");
  if (plan_.closed_loop) return;
  if (plan_.handoffs.per_second > 0) add_log("handoff");
  if (plan_.broadcasts.per_second > 0) add_log("broadcast");
  if (plan_.hostile.per_second > 0) add_log("beside_hostile");
  for (const auto& name : turnover_measurements(plan_)) add_log(name);
  if (plan_.websocket.per_second > 0) add_log("websocket_rtt");
}

void LoadRun::execute() {
  use_exact_timers();
  ReleaseGuard guard(options_.socket_path, options_.name_prefix, options_.release);
  prepare();
  generate();
  drain();
  take_daemon_histograms();
  begin_audit();
  run_audit();
  phase_ = RunPhase::releasing;
  if (release_instances()) guard.disarm();
  if (real_) audit_real_instances();
  phase_ = RunPhase::done;
}

void LoadRun::stop_early() {
  loop_.post([this] { stop_now_ = true; });
}

void LoadRun::abandon() {
  loop_.post([] { throw Abandoned(); });
}

void LoadRun::prepare() {
  control_ = std::make_unique<ReconnectingSession>(loop_, options_.socket_path);
  learn_about_the_daemon();
  context_ = std::make_unique<RunContext>(
      RunContext{loop_,
                 *control_,
                 plan_,
                 options_.name_prefix,
                 {},
                 real_ ? &*real_ : nullptr,
                 [this](const std::string& name) { return request_for(name); }});
  subscribe();
  if (real_) add_repository();
  make_workloads();
}

nlohmann::json LoadRun::request_for(const std::string& name) const {
  if (real_) return real_->request(name);
  return {{"instance_id", name},
          {"role", options_.name_prefix + "-writer"},
          {"socket", plan_.wants_instance_sockets()}};
}

void LoadRun::add_repository() {
  const auto& places = real_->places();
  control_->call("add_repo", {{"name", places.repository_name}, {"path", places.repository}});
  const auto deadline = steady_clock::now() + repository_deadline;
  while (steady_clock::now() < deadline) {
    const auto list = control_->call("list_repos", nlohmann::json::object());
    for (const auto& repository : list.at("repos")) {
      if (text_in(repository, "name") != places.repository_name) continue;
      if (text_in(repository, "state") == "ready") return;
    }
    loop_.poll(steady_clock::now() + milliseconds(10));
  }
  throw Error(ErrorCode::timed_out, "the coordinator does not get ready with its repository");
}

void LoadRun::make_workloads() {
  std::vector<nlohmann::json> allocations;
  if (plan_.bursts.per_second <= 0) allocations = context_->allocate_instances();
  if (plan_.writes) {
    writes_ = std::make_unique<Writes>(*context_, write_loop_, allocations, log("write"));
    const bool takes_turns = plan_.offered_per_s() > turns_from_per_s;
    sender_ = std::make_unique<WriteSender>(*writes_, write_loop_, pauses_,
                                            takes_turns ? turn_length : std::chrono::nanoseconds());
  }
  if (logs_.contains("handoff")) {
    handoffs_ = std::make_unique<Handoffs>(*context_, log("handoff"));
    workloads_.push_back(handoffs_.get());
  }
  if (logs_.contains("broadcast")) {
    broadcasts_ = std::make_unique<Broadcasts>(*context_, log("broadcast"));
    workloads_.push_back(broadcasts_.get());
  }
  if (logs_.contains("beside_hostile")) {
    hostile_ = std::make_unique<Hostile>(*context_, log("beside_hostile"));
    workloads_.push_back(hostile_.get());
  }
  if (!turnover_measurements(plan_).empty()) {
    turnover_ = make_turnover();
    workloads_.push_back(turnover_.get());
  }
  if (logs_.contains("websocket_rtt")) {
    websocket_ = std::make_unique<WebSocketPinger>(
        options_.socket_path, context_->rate_of("websocket", plan_.websocket.per_second),
        log("websocket_rtt"));
  }
}

std::unique_ptr<TurnoverWorkload> LoadRun::make_turnover() {
  if (plan_.bursts.per_second > 0) {
    return std::make_unique<Bursts>(*context_, log("spawn_burst"), log("startup"));
  }
  if (!real_) return std::make_unique<Churn>(*context_, nursery_, log("cleanup"));
  const RealChurn::Logs logs{.startup = &log("startup"),
                             .cleanup = log_if_any("cleanup"),
                             .rescue = log_if_any("cleanup_rescue"),
                             .grace = log_if_any("cleanup_grace")};
  return std::make_unique<RealChurn>(*context_, logs);
}

MeasurementLog* LoadRun::log_if_any(std::string_view name) {
  const auto found = logs_.find(name);
  return found == logs_.end() ? nullptr : found->second.get();
}

// Agents of real instances do not descend from the coordinator: their work would count as that of
// others.
void LoadRun::watch_daemon(pid_t pid) {
  daemon_pid_ = pid;
  if (plan_.resources == Resources::simulated) cpu_waits_.watch(pid);
}

void LoadRun::learn_about_the_daemon() {
  const auto status = control_->call("status", nlohmann::json::object());
  watch_daemon(status.value("pid", 0));
  daemon_.version = text_in(status, "version");
  const auto store = status.value("store", nlohmann::json::object());
  daemon_.store = text_in(store, "engine");
  daemon_.store_version = text_in(store, "version");
  daemon_.store_path = text_in(store, "path");
  daemon_.checkpoint_policy = text_in(store, "checkpoint_policy");
}

void LoadRun::subscribe() {
  control_->subscribe({{"events", {"checkpoint", "gone"}}}, [this](std::string_view event,
                                                                   const nlohmann::json& data) {
    if (event == "gone") {
      if (turnover_) turnover_->on_gone(text_in(data, "instance_id"));
    } else if (event == "checkpoint" && phase_ == RunPhase::measuring) {
      const auto duration =
          std::chrono::duration<double, std::milli>(data.value("duration_ms", 0.0));
      const Offset at = steady_clock::now() - start_;
      log("checkpoint").add(at, std::chrono::duration_cast<std::chrono::nanoseconds>(duration));
      if (at >= plan_.warmup) checkpoint_frames_.record(Offset(data.value("frames", 0)));
    }
  });
  control_->on_reconnected([this] {
    histograms_before_ = nullptr;  // another process: it counts from zero
    control_->request("status", nlohmann::json::object(), [this](const AsyncReply& reply) {
      if (reply.success) watch_daemon(reply.data.value("pid", 0));
    });
    if (turnover_) turnover_->look_up_dying();
  });
}

void LoadRun::generate() {
  start_at(steady_clock::now() + workload_head_start);
  const Offset length = plan_.warmup + plan_.longest();
  const SteadyTime end = start_ + length;
  warmup_ends_ = loop_.at(start_ + plan_.warmup, [this] { begin_measuring(); });
  for (auto* workload : workloads_) workload->end_at(length);
  if (sender_) sender_->start(start_, length);
  for (auto* workload : workloads_) workload->start(start_);
  if (websocket_) websocket_->end_at(length);
  if (websocket_) websocket_->start(start_);
  while (!stop_now_ && steady_clock::now() < end) {
    loop_.poll(std::min(end, steady_clock::now() + sender_check_interval));
    if (sender_ && sender_->is_done()) sender_->join();  // it throws
  }
  loop_.cancel(warmup_ends_);  // an interrupt may come first
  end_measuring(end);
  if (plan_.is_idle()) spawned_ = spawned_between(spawned_before_, spawn_mark_of(daemon_pid_));
}

void LoadRun::begin_measuring() {
  begin_measuring_itself();
  if (plan_.is_idle()) spawned_before_ = spawn_mark_of(daemon_pid_);
  control_->request("histograms", nlohmann::json::object(), [this](const AsyncReply& reply) {
    if (reply.success) histograms_before_ = reply.data;
  });
}

bool LoadRun::all_idle() const {
  return (!sender_ || sender_->is_done()) &&
         std::all_of(workloads_.begin(), workloads_.end(),
                     [](const Workload* workload) { return workload->idle(); });
}

void LoadRun::drain() {
  const Offset end = plan_.warmup + measured_;
  const SteadyTime deadline = steady_clock::now() + last_answer_deadline;
  if (sender_) sender_->end(end, deadline);
  if (websocket_) websocket_->end_at(end);
  for (auto* workload : workloads_) {
    workload->end_at(end);
    workload->stop();
  }
  while (!all_idle() && steady_clock::now() < deadline) {
    loop_.poll(std::min(deadline, steady_clock::now() + milliseconds(50)));
  }
  if (sender_) sender_->join();
  if (websocket_) websocket_->stop(deadline);
  if (turnover_) turnover_->give_up();
  if (writes_) writes_->count_errors(errors_);
  for (const auto* workload : workloads_) workload->count_errors(errors_);
  if (websocket_) websocket_->count_errors(errors_);
}

void LoadRun::take_daemon_histograms() {
  const auto answer = std::make_shared<AsyncReply>();
  control_->request_until_answered("histograms", nlohmann::json::object(),
                                   [answer](const AsyncReply& reply) { *answer = reply; });
  const auto deadline = steady_clock::now() + histograms_deadline;
  const auto is_open = [&] { return !answer->success && answer->code.empty(); };
  while (is_open() && steady_clock::now() < deadline) loop_.poll(deadline);
  if (!answer->success) return;  // the report does without
  for (const char* name : {"commit", "commit_in_checkpoint"}) {
    const std::string now = text_in(answer->data, name);
    if (now.empty()) continue;
    auto histogram = metrics::Histogram::decode(now);
    const std::string before =
        histograms_before_.is_object() ? text_in(histograms_before_, name) : std::string();
    if (!before.empty()) histogram.subtract(metrics::Histogram::decode(before));
    if (histogram.count() > 0) daemon_histograms_.emplace(name, std::move(histogram));
  }
}

void LoadRun::run_audit() {
  // Somebody's own coordinator may have any number of other rows to go through.
  const bool is_private = !options_.release || real_;
  const bool count_rows = is_private && plan_.instances <= most_contexts_to_count;
  Auditor auditor(loop_, *control_, audited_, count_rows);
  if (writes_) auditor.check_writes(*writes_);
  if (handoffs_) auditor.check_handoffs(*handoffs_);
  if (broadcasts_) auditor.check_messages(*broadcasts_);
  audit_ = auditor.result();
}

bool LoadRun::release_instances() {
  if (!options_.release) return true;
  const auto names = instances_to_release();
  std::size_t waiting = 0;
  bool all_released = true;
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  const auto wait_for_answers = [&](std::size_t most) {
    while (waiting > most && steady_clock::now() < deadline) loop_.poll(deadline);
  };
  for (const auto& name : names) {
    ++waiting;
    control_->request("release_instance", {{"instance_id", name}, {"force", true}},
                      [&](const AsyncReply& reply) {
                        --waiting;
                        const bool is_gone = reply.success || reply.code == "not_found";
                        all_released = all_released && is_gone;
                      });
    wait_for_answers(release_window);
  }
  wait_for_answers(0);
  control_.reset();
  return all_released && waiting == 0;
}

std::vector<std::string> LoadRun::instances_to_release() const {
  auto names = context_->created;
  if (turnover_) {
    const auto living = turnover_->living();
    names.insert(names.end(), living.begin(), living.end());
  }
  return names;
}

// The audit follows the release of all: nothing may be left, and what was not committed is saved.
void LoadRun::audit_real_instances() {
  RealTally& tally = real_->tally();
  const auto& places = real_->places();
  tally.note_left(leftovers_in(places));
  const auto deadline = steady_clock::now() + trash_deadline;
  while (!is_trash_empty(places) && steady_clock::now() < deadline) {
    loop_.poll(steady_clock::now() + milliseconds(20));
  }
  if (!is_trash_empty(places)) tally.note_left({"the trash in " + places.trash().string()});
  const auto lost = find_lost(places.repository, tally.edited);
  audit_.acknowledged += tally.edited.size();
  audit_.stored += tally.edited.size() - lost.size();
  audit_.lost += lost.size();
  audit_.orphans = tally.orphans;
  tally.note_lost(lost);
}

std::optional<reports::RealInstances> LoadRun::real_instances() const {
  if (!real_) return std::nullopt;
  const RealTally& tally = real_->tally();
  return reports::RealInstances{.repository_files = plan_.repo_files.value_or(0),
                                .kill_grace_ms = to_milliseconds(real_kill_grace),
                                .endings = tally.endings,
                                .left = tally.left,
                                .lost_work = tally.lost_work};
}

std::map<std::string, reports::LittlesLaw> LoadRun::littles_law() const {
  std::map<std::string, reports::LittlesLaw> laws;
  const double seconds = std::chrono::duration<double>(measured_).count();
  for (const auto& [name, log] : logs_) {
    if (log->sent() == 0 || seconds <= 0) continue;
    laws[name] = {
        .in_flight = std::chrono::duration<double>(log->time_in_flight()).count() / seconds,
        .answered_per_s = static_cast<double>(log->finished()) / seconds,
        .service_ms = log->service_histogram().mean_ns() / 1e6};
  }
  return laws;
}

std::vector<reports::Check> LoadRun::checks() const {
  if (!plan_.is_idle()) return {};
  return {{.name = "processes_spawned", .value = static_cast<double>(spawned_), .limit = 0}};
}

}  // namespace yardmaster::loadgen
