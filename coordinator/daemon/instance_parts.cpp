#include "coordinator/daemon/instance_parts.h"

#include <filesystem>
#include <thread>
#include <utility>

#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/process_environment.h"
#include "coordinator/broker/listeners/socket_resource.h"
#include "coordinator/instances/git/trash.h"
#include "coordinator/instances/resources/files_resource.h"
#include "coordinator/instances/resources/hello_resource.h"
#include "coordinator/instances/resources/process_resource.h"
#include "coordinator/instances/resources/row_resource.h"
#include "coordinator/instances/resources/window_resource.h"
#include "coordinator/instances/resources/worktree_resource.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

// Programs that an earlier daemon ran get this long: git removes its locks and ends soon after that
// daemon.
constexpr auto leftover_timeout = std::chrono::seconds(30);

std::size_t checkout_jobs(const Config& config) {
  if (config.checkout_jobs > 0) return config.checkout_jobs;
  return std::max(1U, std::thread::hardware_concurrency());
}

WindowOptions window_options(const Config& config, const std::string& program) {
  WindowOptions options;
  options.tmux = config.tmux;
  options.output_max_bytes = config.output_max_bytes;
  options.program = program;
  return options;
}

AgentOptions agent_options(const Config& config, const std::string& program,
                           const AgentSurroundings& surroundings) {
  AgentOptions options;
  options.command = config.agent_command;
  options.skip_permissions = config.skip_permissions;
  options.hooks = config.hooks;
  options.mcp_files = config.mcp_files;
  options.program = program;
  options.cli_reference = surroundings.cli_reference;
  options.file_mask = surroundings.file_mask;
  options.environment = own_environment();
  return options;
}

RestartLimit restart_limit(const Config& config) {
  return {config.restart_limit, config.restart_window};
}

Paths with_tokens(Paths paths, const YardRecord& yard) {
  paths.token_prefix = yard.token_prefix;
  return paths;
}

}  // namespace

InstanceParts::InstanceParts(asio::io_context& io, StoreQueue& store, InstanceManager& instances,
                             const Clock& clock, const Config& config, const YardRecord& yard,
                             AgentSurroundings surroundings, OnWarning on_warning)
    : io_(io),
      store_(store),
      instances_(instances),
      config_(config),
      paths_(with_tokens(config.paths(), yard)),
      on_warning_(std::move(on_warning)),
      program_(std::filesystem::read_symlink("/proc/self/exe").string()),
      surroundings_(std::move(surroundings)),
      files_(io, 2, config.file_timeout, on_warning_),
      runner_(io, paths_.programs_lock(), surroundings_.file_mask, config.file_timeout),
      roles_(Roles::load(config.roles_file)),
      signs_(io),
      tellings_(clock, config.delivery_lease),
      repositories_(io, files_, store, runner_, paths_, checkout_jobs(config), on_warning_),
      tmux_(
          io, workers_, paths_.tmux_socket(), [this] { upkeep_.hint(); }, on_warning_),
      persistent_(io, store, instances, clock, restart_limit(config), on_warning_),
      wake_ups_(io, store, instances, roles_, tmux_, tellings_, clock,
                {config.hooks, config.wake_after}, on_warning_),
      shown_states_(io, instances, tmux_),
      upkeep_(io, workers_, files_, instances, repositories_, config.tmux ? &tmux_ : nullptr,
              paths_, config.sweep_interval, on_warning_) {}

// The worker is stopped first, since its tasks use the other parts.
InstanceParts::~InstanceParts() {
  workers_.stop();
  workers_.join();
  files_.close();
}

// The order is that of acquisition: what comes later is released first.
void InstanceParts::add_resources(Broker& broker, InstanceObserver& observer) {
  const auto add = [this](std::unique_ptr<InstanceResource> resource) {
    instances_.add_resource(std::move(resource));
  };
  add(std::make_unique<RowResource>(store_, observer));
  add(std::make_unique<SocketResource>(broker, paths_));
  const FileParts parts{config_.hooks, config_.mcp_files};
  const auto spared = [this] { return std::vector<std::int64_t>{tmux_.server_pid()}; };
  add(std::make_unique<WorktreeResource>(io_, workers_, files_, repositories_, store_, paths_,
                                         roles_, parts, spared, config_.fetch_timeout));
  add(std::make_unique<FilesResource>(files_, roles_, paths_,
                                      agent_options(config_, program_, surroundings_)));
  add(std::make_unique<WindowResource>(io_, tmux_, repositories_, store_, signs_, paths_,
                                       window_options(config_, program_)));
  const auto on_death = [this](const std::string& instance, SteadyTime when) {
    signs_.died(instance);
    instances_.process_died(instance, when);
  };
  add(std::make_unique<ProcessResource>(io_, workers_, paths_.token_prefix, config_.kill_grace,
                                        spared, on_death));
  add(std::make_unique<HelloResource>(signs_, config_.settle_time));
}

asio::awaitable<void> InstanceParts::prepare() {
  co_await runner_.wait_for_leftovers(leftover_timeout);
  co_await repositories_.load();
}

asio::awaitable<void> InstanceParts::begin() {
  asio::awaitable<void> versions = read_versions();
  co_await attempt("cannot look for git and tmux", std::move(versions));
  asio::awaitable<void> restarts = persistent_.start();
  co_await attempt("cannot start persistent instances", std::move(restarts));
  shown_states_.hint();
  upkeep_.start();
}

asio::awaitable<void> InstanceParts::attempt(std::string what, asio::awaitable<void> step) {
  std::string failure;
  try {
    co_await std::move(step);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!failure.empty()) on_warning_(what + ": " + failure);
}

// A missing program is reported only when it is needed.
asio::awaitable<void> InstanceParts::read_versions() {
  Git git(runner_);
  try {
    git_version_ = co_await git.version();
  } catch (const Error& error) {
    git_version_ = error.what();
  }
  if (!config_.tmux) co_return;
  try {
    tmux_version_ = co_await tmux_.version();
  } catch (const Error& error) {
    tmux_version_ = error.what();
  }
}

void InstanceParts::stop() {
  persistent_.stop();
  wake_ups_.stop();
  shown_states_.stop();
  upkeep_.stop();
  tmux_.close();
}

// What tmux shows is UTF-8, whatever the daemon's own surroundings are.
asio::awaitable<std::string> InstanceParts::open_control_pane() {
  if (!config_.tmux) {
    throw Error(ErrorCode::unsupported,
                "tmux is switched off in this yard (the setting tmux); 'yardmaster top' shows the "
                "same in this terminal");
  }
  co_await tmux_.version();
  std::vector<std::string> command{"env", "LC_ALL=C.UTF-8", program_, "top"};
  command.insert(command.end(), {"--state-dir", paths_.state_dir.string(), "--runtime-dir",
                                 paths_.runtime_dir.string()});
  co_return co_await tmux_.open_people_pane(std::move(command));
}

asio::awaitable<void> InstanceParts::end_tmux() {
  if (!config_.tmux) co_return;
  asio::awaitable<void> ending = tmux_.kill_server();
  co_await attempt("the tmux server stays", std::move(ending));
}

asio::awaitable<void> InstanceParts::end_tmux_at(std::filesystem::path socket) {
  TmuxServer server(
      io_, workers_, std::move(socket), [] {}, on_warning_);
  asio::awaitable<void> ending = server.kill_server();
  co_await attempt("an earlier tmux server stays", std::move(ending));
}

nlohmann::json InstanceParts::status() const {
  return {{"tmux",
           {{"enabled", config_.tmux},
            {"socket", paths_.tmux_socket().string()},
            {"version", tmux_version_},
            {"server_pid", tmux_.server_pid()}}},
          {"git", git_version_},
          {"features",
           {{"tmux", config_.tmux}, {"hooks", config_.hooks}, {"mcp_files", config_.mcp_files}}}};
}

}  // namespace yardmaster
