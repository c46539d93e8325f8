#include "loadgen/hosts/private_yard.h"

#include "loadgen/databases/fsync_preload.h"
#include "loadgen/hosts/fsync_probe.h"
#include "loadgen/real/real_context.h"
#include "loadgen/real/work_repository.h"

namespace yardmaster::loadgen {
namespace {

// PostgreSQL is set to this interval, so that there are some checkpoints in a run.
constexpr std::chrono::seconds checkpoint_interval{5};
// A server gets so many connections beside those of the instances.
constexpr std::uint64_t other_connections = 20;

// The path must be as the system names it, since paths of worktrees are compared with what git
// says.
std::filesystem::path canonical_base(const PrivateYardOptions& options) {
  return std::filesystem::canonical(options.base.empty() ? place_on_a_disk() : options.base);
}

}  // namespace

PrivateYard::PrivateYard(const LoadPlan& plan, const PrivateYardOptions& options,
                         const std::function<void()>& interrupted) {
  make_database(plan, options, interrupted);
  if (plan.resources == Resources::real) make_repository(plan, options, interrupted);
  if (plan.topology == Topology::broker) start_daemon(plan, options, interrupted);
  check_delay(plan, options, interrupted);
}

void PrivateYard::make_database(const LoadPlan& plan, const PrivateYardOptions& options,
                                const std::function<void()>& interrupted) {
  const bool is_direct = plan.topology == Topology::direct;
  if (plan.store == StoreKind::postgres && !options.postgres.empty()) {
    database_.emplace(options.postgres);
  } else if (plan.store == StoreKind::postgres) {
    database_.emplace(
        PostgresClusterOptions{.base = options.base,
                               .connections = (is_direct ? plan.instances : 0) + other_connections,
                               .fsync_latency = plan.fsync_latency,
                               .seed = plan.seed,
                               .keep = options.keep},
        interrupted);
  } else if (is_direct) {
    directory_.emplace(options.base.empty() ? place_on_a_disk() : options.base);
    if (options.keep) directory_->keep();
    const auto program = std::filesystem::read_symlink("/proc/self/exe").filename().string();
    instance_environment_ = fsync_delay_environment(plan.fsync_latency, plan.seed, program);
  }
}

void PrivateYard::make_repository(const LoadPlan& plan, const PrivateYardOptions& options,
                                  const std::function<void()>& interrupted) {
  repository_.emplace(canonical_base(options));
  if (options.keep) repository_->keep();
  make_work_repository(repository_->path() / work_repository_name,
                       plan.repo_files.value_or(default_repo_files), plan.seed, interrupted);
}

void PrivateYard::start_daemon(const LoadPlan& plan, const PrivateYardOptions& options,
                               const std::function<void()>& interrupted) {
  PrivateDaemonOptions daemon;
  daemon.base = options.base;
  daemon.checkpoint_policy = plan.checkpoint_policy;
  daemon.store = plan.store;
  daemon.keep = options.keep;
  if (database_) {
    daemon.postgres = database_->conninfo();
    daemon.postgres_checkpoint_interval = checkpoint_interval;
  } else {
    daemon.environment = fsync_delay_environment(plan.fsync_latency, plan.seed, "yardmaster");
  }
  if (repository_) {
    daemon.base = canonical_base(options);
    daemon.has_real_instances = true;
  }
  daemon_.emplace(daemon, interrupted);
  if (!repository_) return;
  places_ = YardPlaces{.state_directory = daemon_->state_directory(),
                       .runtime_directory = daemon_->runtime_directory(),
                       .repository = repository_->path() / work_repository_name,
                       .repository_name = std::string(work_repository_name)};
}

// The check comes before there is any load. The processes of the direct topology are delayed like
// the probe.
void PrivateYard::check_delay(const LoadPlan& plan, const PrivateYardOptions& options,
                              const std::function<void()>& interrupted) {
  if (plan.fsync_latency.none()) return;
  if (database_) {
    require_fsync_delay_in(database_->pid());
  } else if (daemon_) {
    require_fsync_delay_in(daemon_->pid());
  }
  delayed_fsync_ = options.known_delay;
  if (delayed_fsync_) return;
  delayed_fsync_ =
      measure_delayed_fsync(plan.fsync_latency, plan.seed, store_directory(), interrupted);
}

std::string PrivateYard::database() const {
  if (database_) return database_->conninfo();
  return directory_->path() / "direct.db";
}

std::filesystem::path PrivateYard::store_directory() const {
  if (database_) return database_->directory();
  return daemon_ ? daemon_->state_directory() : directory_->path();
}

std::map<std::string, std::uint64_t> PrivateYard::server_statistics() const {
  return database_ ? database_->statistics() : std::map<std::string, std::uint64_t>();
}

std::string PrivateYard::why_it_ended() const {
  const auto reason = database_ ? database_->why_it_ended() : std::string();
  return reason.empty() && daemon_ ? daemon_->why_it_ended() : reason;
}

}  // namespace yardmaster::loadgen
