#include "loadgen/run/supervisor.h"

#include <algorithm>
#include <array>
#include <future>
#include <map>
#include <random>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "coordinator/base/store_kind.h"
#include "loadgen/direct/direct_run.h"
#include "loadgen/measure/samples.h"
#include "loadgen/plan/real_plan.h"
#include "loadgen/run/run_description.h"
#include "reports/environment.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds watch_interval{50};
constexpr std::chrono::seconds long_preparation{1};
// The answers that are under way at the time of a look get this much longer.
constexpr milliseconds answer_time{200};
constexpr std::chrono::seconds longest_answer{5};
// Files, the loop, signals, and what comes and goes.
constexpr std::uint64_t other_descriptors = 100;
// Besides the silent ones.
constexpr std::uint64_t hostile_connections = 8;

std::string fresh_prefix() {
  constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::random_device random;
  std::string prefix = "lg";
  for (int i = 0; i < 6; ++i) prefix += digits[random() % digits.size()];
  return prefix;
}

// Looking on must not cost what is looked at: the calling thread runs when others leave it room.
void step_aside() { ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10); }

}  // namespace

std::uint64_t descriptors_needed(const LoadPlan& plan, bool is_private) {
  std::uint64_t connections = plan.instances + other_descriptors;
  std::uint64_t without_connection = 0;
  if (!plan.closed_loop) {
    if (plan.handoffs.per_second > 0) connections += 2 * plan.handoffs.pairs;
    if (plan.broadcasts.per_second > 0) {
      connections += 1 + std::min(plan.broadcasts.listeners, plan.instances);
    }
    if (plan.hostile.per_second > 0) connections += plan.hostile.listeners + hostile_connections;
    if (plan.churn.per_second > 0) without_connection = plan.churn.instances;
  }
  if (!is_private) return connections;
  // At its end the coordinator has the same connections, watches the processes of those that churn,
  // and listens for each instance.
  const std::uint64_t watched = connections + without_connection;
  return plan.wants_instance_sockets() ? 2 * watched : watched;
}

void allow_connections(const LoadPlan& plan, bool is_private) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t needed = descriptors_needed(plan, is_private);
  if (limit.rlim_max < needed) {
    throw Error(ErrorCode::unsupported,
                std::to_string(plan.instances) + " instances need " + std::to_string(needed) +
                    " open files, but the hard limit is " + std::to_string(limit.rlim_max) +
                    " (ulimit -Hn): raise it or use fewer instances");
  }
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// One run, watched until its end.
class Supervisor::Watch {
 public:
  Watch(Supervisor& supervisor, const LoadPlan& plan, const PrivateYard* yard, MeasuredRun& load)
      : supervisor_(supervisor),
        plan_(plan),
        yard_(yard),
        load_(load),
        monitor_(plan, load, supervisor.registry_),
        looks_(plan.duration ? std::vector<reports::Look>{reports::only_look()}
                             : reports::planned_looks()) {}

  FinishedRun run() {
    for (const auto& warning : load_.warnings()) {
      supervisor_.progress_.print_line("loadgen: warning: " + warning);
    }
    if (yard_ != nullptr) statistics_before_ = yard_->server_statistics();
    auto done = std::async(std::launch::async, [this] { load_.execute(); });
    auto watching = std::async(std::launch::async, [this, &done] {
      step_aside();
      watch(done);
    });
    watching.get();
    supervisor_.progress_.clear();
    done.get();
    monitor_.finish();
    return report();
  }

 private:
  void watch(std::future<void>& done) {
    try {
      while (done.wait_for(milliseconds(0)) != std::future_status::ready) step();
    } catch (...) {
      load_.abandon();
      done.wait();
      throw;
    }
  }

  void step() {
    const int before = interrupts_seen_;
    interrupts_seen_ = supervisor_.interrupts_.wait(watch_interval);
    if (interrupts_seen_ > before) on_interrupt();
    if (yard_ != nullptr && load_.phase() != RunPhase::done) {
      const auto reason = yard_->why_it_ended();
      if (!reason.empty()) throw Error(ErrorCode::unavailable, reason);
    }
    if (monitor_.observe() && supervisor_.options_.on_second) {
      supervisor_.options_.on_second(run_so_far(plan_, load_, monitor_));
    }
    show_progress();
    if (!decided_at_) judge_at_look();
  }

  // A preparation that is over at once is not worth a word.
  void show_progress() {
    const auto now = std::chrono::steady_clock::now();
    if (load_.phase() == RunPhase::preparing && now - began_ < long_preparation) return;
    if (supervisor_.progress_.is_due(to_string(load_.phase()), now)) {
      supervisor_.progress_.show(monitor_.view(), now);
    }
  }

  void on_interrupt() {
    if (load_.phase() == RunPhase::preparing || interrupted_) throw Abandoned();
    supervisor_.progress_.print_line(
        "interrupted: ending with what was measured; once more to stop at once");
    interrupted_ = true;
    cut_short_ = load_.phase() <= RunPhase::measuring && !decided_at_;
    load_.stop_early();
  }

  // Judges at the planned moments and no others; the last is the run's end.
  void judge_at_look() {
    if (interrupted_ || next_look_ + 1 >= looks_.size() || load_.phase() != RunPhase::measuring) {
      return;
    }
    const Offset late = load_.elapsed() - load_.look_boundaries()[next_look_];
    if (late < answer_time) return;
    if (late < longest_answer && !all_answered()) return;
    const SampleSet samples = SampleSet::before(load_.logs(), next_look_);
    auto views = samples.views();
    for (auto& [name, view] : views) view.fraction = looks_[next_look_].fraction;
    reports::Run draft = draft_of_run();
    reports::judge_run(draft, targets(), views, looks_[next_look_].alpha);
    if (reports::may_end(draft, views, looks_[next_look_])) {
      decided_at_ = next_look_;
      load_.stop_early();
    }
    ++next_look_;
  }

  // Returns what is known of the run beside its samples. What is judged now is answered, and so was
  // begun; what became due since may still wait its turn.
  reports::Run draft_of_run() const {
    reports::Run draft;
    describe_plan(plan_, load_.daemon(), draft);
    draft.duration_s = std::chrono::duration<double>(load_.elapsed() - plan_.warmup).count();
    draft.achieved_per_s = written() / draft.duration_s;
    draft.validity = load_.validity();
    draft.validity.due = draft.validity.begun = 0;
    return draft;
  }

  // Returns whether everything that is intended before the next look is answered.
  bool all_answered() {
    for (const auto& [name, log] : load_.logs()) {
      if (!log->is_answered_before(next_look_, answered_[name])) return false;
    }
    return true;
  }

  FinishedRun report() const {
    FinishedRun finished;
    auto& run = finished.run;
    describe_plan(plan_, load_.daemon(), run);
    run.duration_s = std::chrono::duration<double>(load_.measured()).count();
    run.interrupted = cut_short_;
    finished.interrupted = interrupted_;
    const std::size_t look = decided_at_.value_or(cut_short_ ? 0 : looks_.size() - 1);
    run.looks = static_cast<int>(decided_at_  ? look + 1
                                 : cut_short_ ? next_look_ + 1
                                              : looks_.size());
    const SampleSet samples =
        decided_at_ ? SampleSet::before(load_.logs(), look) : SampleSet::all(load_.logs());
    run.measurements = samples.summaries();
    for (auto& [name, measurement] : run.measurements) {
      measurement.lag_ms = load_.logs().find(name)->second->lag_histogram().quantiles();
    }
    for (const auto& [name, histogram] : load_.daemon_histograms()) {
      run.measurements[name] = reports::summarize(histogram);
    }
    run.achieved_per_s = run.duration_s > 0 ? written() / run.duration_s : 0;
    run.checkpoint_frames = frames();
    run.series = monitor_.series();
    run.heat_map = monitor_.heat_map();
    run.marks = marks(run);
    run.littles_law = load_.littles_law();
    run.audit = load_.audit();
    run.errors = {load_.errors().begin(), load_.errors().end()};
    run.contention = load_.contention();
    run.real_instances = load_.real_instances();
    run.warnings = load_.warnings();
    run.resources = monitor_.resources();
    run.checks = checks(run);
    run.validity = load_.validity();
    if (yard_ != nullptr) {
      run.delayed_fsync = yard_->delayed_fsync();
      run.server_statistics = yard_->server_statistics();
      for (auto& [name, count] : run.server_statistics) count -= before(name);
    }
    reports::judge_run(run, targets(), samples.views(), looks_[look].alpha);
    finished.hdr_log = monitor_.hdr_log();
    finished.environment = environment();
    return finished;
  }

  std::vector<reports::Mark> marks(const reports::Run& run) const {
    std::vector<reports::Mark> marks;
    for (int look = 0; look < run.looks; ++look) {
      const auto& planned = load_.look_boundaries();
      const auto number = static_cast<std::size_t>(look);
      if (number >= planned.size()) break;
      const Offset at = std::min(planned[number] - plan_.warmup, load_.measured());
      marks.push_back({.time_s = std::chrono::duration<double>(at).count(),
                       .kind = "look",
                       .text = "look " + std::to_string(look + 1)});
    }
    return marks;
  }

  double written() const {
    const auto found = load_.logs().find("write");
    return found == load_.logs().end() ? 0 : static_cast<double>(found->second->finished());
  }

  std::vector<reports::Check> checks(const reports::Run& run) const {
    auto checks = load_.checks();
    if (plan_.is_idle() && run.duration_s > 0) {
      checks.push_back({.name = "coordinator_cpu_share",
                        .value = run.resources.coordinator_cpu_s / run.duration_s,
                        .limit = most_idle_cpu_share});
    }
    return checks;
  }

  // Returns the value of a server's counter at the start.
  std::uint64_t before(const std::string& counter) const {
    const auto found = statistics_before_.find(counter);
    return found == statistics_before_.end() ? 0 : found->second;
  }

  // A server's checkpoints run beside the commits: they are no measure of what a write waits for.
  std::vector<reports::Target> targets() const {
    std::vector<reports::Target> targets = plan_.targets;
    if (load_.daemon().checkpoint_policy != "server") return targets;
    std::erase_if(targets, [](const reports::Target& target) {
      return target.measurement == "checkpoint" && !target.by_name;
    });
    return targets;
  }

  // Reads the environment, with the store's directory where that may be written to.
  reports::Environment environment() const {
    const auto& facts = load_.daemon();
    const auto version_of = [&](StoreKind kind) {
      return facts.store == to_string(kind) ? facts.store_version : std::string();
    };
    const std::string sqlite = version_of(StoreKind::sqlite);
    const std::string postgres = version_of(StoreKind::postgres);
    const auto directory = yard_ != nullptr ? yard_->store_directory()
                                            : std::filesystem::path(facts.store_path).parent_path();
    try {
      return reports::probe_environment(directory, sqlite, postgres);
    } catch (const Error&) {
      auto environment = reports::probe_environment("/tmp", sqlite, postgres);
      environment.filesystem = reports::filesystem_of(directory);
      environment.fsync_p50_ms = 0;
      environment.fsync_p99_ms = 0;
      return environment;
    }
  }

  // The histogram counts frames as if they were nanoseconds.
  metrics::Quantiles frames() const {
    auto quantiles = load_.checkpoint_frames().quantiles();
    for (double* value : {&quantiles.p50, &quantiles.p90, &quantiles.p99, &quantiles.p999,
                          &quantiles.max, &quantiles.mean}) {
      *value *= 1e6;
    }
    return quantiles;
  }

  Supervisor& supervisor_;
  const LoadPlan& plan_;
  const PrivateYard* yard_;
  MeasuredRun& load_;
  RunMonitor monitor_;
  std::map<std::string, std::uint64_t> statistics_before_;
  std::vector<reports::Look> looks_;
  SteadyTime began_ = std::chrono::steady_clock::now();
  std::size_t next_look_ = 0;
  std::optional<std::size_t> decided_at_;
  std::map<std::string, std::uint64_t, std::less<>> answered_;  // per log
  bool interrupted_ = false;
  bool cut_short_ = false;  // the measuring, by that
  int interrupts_seen_ = 0;
};

Supervisor::Supervisor(SupervisorOptions options, Interrupts& interrupts,
                       const ChildNursery& nursery, metrics::Registry& registry, Progress& progress)
    : options_(std::move(options)),
      interrupts_(interrupts),
      nursery_(nursery),
      registry_(registry),
      progress_(progress) {}

void Supervisor::abandon_if_interrupted() {
  if (interrupts_.wait(milliseconds(0)) > 0) throw Abandoned();
}

std::optional<reports::DelayedFsync> Supervisor::known_delay(const LoadPlan& plan) const {
  const bool is_known = known_delay_ && known_delay_->latency == plan.fsync_latency;
  return is_known ? std::optional(known_delay_->found) : std::nullopt;
}

// A delay that is not what was asked for is measured again.
void Supervisor::remember_delay(const LoadPlan& plan, const PrivateYard& yard) {
  if (!options_.measure_delay_once || !yard.delayed_fsync()) return;
  reports::Run run;
  run.fsync_injected_ms = to_milliseconds(plan.fsync_latency.median());
  run.delayed_fsync = yard.delayed_fsync();
  if (reports::why_another_disk(run)) return;
  known_delay_ = {.latency = plan.fsync_latency, .found = *yard.delayed_fsync()};
}

FinishedRun Supervisor::run(const LoadPlan& plan) {
  allow_connections(plan, options_.connect.empty());
  std::optional<PrivateYard> yard;
  if (options_.connect.empty()) {
    const PrivateYardOptions yard_options{.base = options_.directory,
                                          .keep = options_.keep,
                                          .postgres = options_.postgres,
                                          .known_delay = known_delay(plan)};
    yard.emplace(plan, yard_options, [this] { abandon_if_interrupted(); });
    remember_delay(plan, *yard);
    if (options_.keep) progress_.print_line("state kept in " + yard->store_directory().string());
  }
  if (plan.topology == Topology::direct) {
    DirectRun load(plan, yard->database(), yard->instance_environment());
    return Watch(*this, plan, &*yard, load).run();
  }
  LoadRun load(plan,
               {.socket_path = yard ? yard->socket_path() : options_.connect,
                .name_prefix = fresh_prefix(),
                .release = !yard || yard->places().has_value(),
                .places = yard ? yard->places() : std::nullopt},
               nursery_);
  return Watch(*this, plan, yard ? &*yard : nullptr, load).run();
}

}  // namespace yardmaster::loadgen
