#include "coordinator/daemon/daemon.h"

#include <climits>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/duration.h"
#include "coordinator/base/json.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/broker/broker.h"
#include "coordinator/broker/commands/command_table.h"
#include "coordinator/broker/commands/wire_values.h"
#include "coordinator/broker/expiry.h"
#include "coordinator/daemon/backup.h"
#include "coordinator/daemon/daemon_limits.h"
#include "coordinator/daemon/daemon_lock.h"
#include "coordinator/daemon/daemon_log.h"
#include "coordinator/daemon/daemon_metrics.h"
#include "coordinator/daemon/daemon_status.h"
#include "coordinator/daemon/instance_parts.h"
#include "coordinator/daemon/metrics_page.h"
#include "coordinator/daemon/place_watch.h"
#include "coordinator/daemon/stall_reports.h"
#include "coordinator/daemon/stop_deadline.h"
#include "coordinator/daemon/story_log.h"
#include "coordinator/daemon/yard_claim.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/run_on.h"
#include "coordinator/store/open_database.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

// Together with the last checkpoint these stay within the two seconds that a stop may take.
constexpr auto drain_timeout = std::chrono::milliseconds(1200);
constexpr auto hang_up_timeout = std::chrono::milliseconds(300);
// Past these, the process ends as it is.
constexpr auto tmux_end_timeout = std::chrono::seconds(20);
constexpr auto reply_timeout = std::chrono::seconds(5);
constexpr auto teardown_timeout = std::chrono::seconds(10);

}  // namespace

class Daemon::Impl final : public DaemonControl, public InstanceObserver {
 public:
  Impl(const Config& config, AgentSurroundings surroundings, bool force);

  void run();
  void stop() {
    asio::post(io_, [this] { request_stop(false); });
  }

 private:
  // DaemonControl
  json status(const StoreFacts& store) const override;
  json histograms() const override { return metrics_.histograms(); }
  void on_handoff_done(std::chrono::nanoseconds took) override { metrics_.on_handoff(took); }
  void request_stop(bool with_tmux) override;
  asio::awaitable<std::string> open_control_pane() override { return parts_.open_control_pane(); }
  asio::awaitable<void> backup(std::filesystem::path file) override {
    return back_up(queue_, workers_, std::move(file));
  }
  std::string invite_browser() override { return http_.invite_browser(); }
  // InstanceObserver
  void on_started(const Instance& one) override { metrics_.on_started(one, clock_.wall_now()); }
  void on_taken_up(const Instance& instance) override { parts_.wake(instance.name); }
  void on_not_started(const Instance&, const std::string&) override { metrics_.on_not_started(); }
  void on_state(const Instance& instance) override {
    events_.on_state(instance);
    parts_.wake(instance.name);
  }
  void on_gone(const Instance& instance, std::chrono::nanoseconds cleanup) override;
  void on_message(const Message& message) override { events_.publish(message); }
  void on_handoff(const Handoff& handoff) override;

  asio::awaitable<void> start();
  asio::awaitable<void> shut_down(bool with_tmux);
  asio::awaitable<void> hang_up_all();
  void await_signal();
  void on_checkpoint(const CheckpointResult& result);
  void on_storage_error(const Error& error);
  void on_shed(std::size_t bytes, const std::string& whose);
  void run_loop();
  std::function<void(const std::string&)> warning() {
    return [this](const std::string& what) { log_->warn(what); };
  }
  asio::awaitable<std::string> metrics_text();
  asio::awaitable<std::string> instance_text(const std::string& name);
  void connect();
  HttpOptions http_options();
  HttpPages http_pages();
  BrokerOptions broker_options() const;

  // The order is that of the start; destructors stop everything in reverse.
  const Config config_;
  asio::io_context io_{1};
  const DaemonLock lock_;
  const DaemonLog log_;
  StopDeadline stop_deadline_;
  YardClaim claim_;
  const std::uint64_t file_limit_;
  const SystemClock clock_;
  const SteadyTime started_ = std::chrono::steady_clock::now();
  asio::thread_pool workers_{1};
  AccessTokens tokens_;
  DaemonMetrics metrics_;
  StallReports stalls_;
  std::unique_ptr<Database> database_;
  Store store_;
  const YardRecord yard_;
  StoreQueue queue_;
  MemoryBudget memory_;
  EventHub events_;
  Expiry expiry_;
  StoryLog story_;
  InstanceManager instances_;
  InstanceParts parts_;
  const Authority authority_;
  Services services_;
  Dispatcher dispatcher_;
  HttpServer http_;
  Broker broker_;
  PlaceWatch places_;
  asio::signal_set signals_;
  ReconcileReport reconciled_;
  std::exception_ptr failure_;
  SteadyTime last_storage_error_{};  // store thread
  bool stopping_ = false;
};

Daemon::Impl::Impl(const Config& config, AgentSurroundings surroundings, bool force)
    : config_(prepare_places(config)),
      lock_(config_.paths().lock()),
      log_(config_),
      stop_deadline_([this](const std::string& what) { log_.write_last(what); }),
      claim_(claim_yard(config_, force)),
      file_limit_(raise_file_limit()),
      tokens_(io_, workers_, clock_, config_.paths().tokens()),
      metrics_([this](const CheckpointResult& result) { on_checkpoint(result); },
               [this](const Error& error) { on_storage_error(error); }),
      stalls_(config_.stall_limit, log_, metrics_),
      database_(open_database(config_)),
      store_(*database_, clock_),
      yard_(claim_.confirm(store_)),
      queue_(io_, store_, std::make_unique<Reader>(database_->open_reader()),
             commit_options(config_), metrics_),
      memory_(io_, config_.session_memory_bytes,
              [this](std::size_t bytes, const std::string& whose) { on_shed(bytes, whose); }),
      events_(io_, queue_, memory_, config_.delivery_lease),
      expiry_(io_, queue_, events_, clock_,
              {config_.sweep_interval, config_.undeliverable_after, config_.handoff_expires_after},
              [this](const Handoff& handoff) { on_handoff(handoff); }),
      story_(log_.logger(), *this),
      instances_(io_, queue_, story_, warning(), config_.file_timeout),
      parts_(io_, queue_, instances_, clock_, config_, yard_, std::move(surroundings), warning()),
      authority_(instances_, parts_.roles()),
      services_{queue_,          instances_,     parts_.repositories(),
                parts_.roles(),  parts_.signs(), parts_.tellings(),
                parts_.upkeep(), authority_,     events_,
                tokens_,         *this,          clock_,
                config_.paths()},
      dispatcher_(
          io_, queue_,
          [this](const Session& caller, const Command& command) {
            Authority::require(caller, command.scope, command.name);
            authority_.require(caller, command.right, command.name);
          },
          command_table(services_)),
      http_(io_, dispatcher_, memory_, http_options(), http_pages(),
            [this](Session& session) { events_.forget(session); }),
      broker_(io_, dispatcher_, events_, http_, memory_, broker_options(), warning()),
      places_(
          io_, queue_, broker_, config_, yard_, [this] { parts_.restore_tmux_socket(); },
          warning()),
      signals_(io_, SIGTERM, SIGINT) {
  connect();
}

// Tells the parts of each other.
void Daemon::Impl::connect() {
  queue_.on_drained([this] { broker_.flush(); });
  parts_.add_resources(broker_, story_);
  tokens_.on_revoked([this](const std::string& hash) { http_.cut_off(hash); });
  events_.on_unheard([this](const std::string& recipient) { parts_.wake(recipient); });
  parts_.observe([this](auto program, bool succeeded,
                        auto took) { metrics_.on_program(program, succeeded, took); },
                 [this](auto took) { metrics_.on_tmux(took); });
}

HttpOptions Daemon::Impl::http_options() {
  return {config_.allowed_origins,
          config_.allowed_hosts,
          config_.ping_interval,
          config_.max_output_bytes,
          [this](int socket) { return broker_.admit(socket); },
          [this](std::string_view secret) { return tokens_.find(secret); }};
}

HttpPages Daemon::Impl::http_pages() {
  return {[this] { return metrics_text(); },
          [this](const std::string& name) { return instance_text(name); }};
}

BrokerOptions Daemon::Impl::broker_options() const {
  return {access_rule_for(config_.socket_group), connection_limit(config_, file_limit_),
          static_cast<int>(std::min<std::uint64_t>(descriptor_limit(file_limit_), INT_MAX)),
          config_.max_output_bytes};
}

void Daemon::Impl::run() {
  const StallDetector::Watch watch(stalls_.detector());
  await_signal();
  asio::co_spawn(io_, start(), [this](std::exception_ptr failure) {
    if (!failure) return;
    failure_ = std::move(failure);
    io_.stop();
  });
  run_loop();
  if (failure_) std::rethrow_exception(failure_);
}

// A failed allocation ends the session that holds most, not the daemon.
void Daemon::Impl::run_loop() {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::bad_alloc&) {
      if (!memory_.shed_heaviest()) throw;
    }
  }
}

void Daemon::Impl::on_shed(std::size_t bytes, const std::string& whose) {
  log_->warn("connections hold too much memory: closed the one that held most, {:.1f} MiB{}",
             static_cast<double>(bytes) / (1U << 20U), whose.empty() ? "" : " of '" + whose + "'");
}

asio::awaitable<void> Daemon::Impl::start() {
  now_running("start");
  log_->info("yardmaster {} starts with pid {} on {}", YARDMASTER_VERSION, ::getpid(),
             config_.state_dir);
  for (const std::string& note : claim_.notes()) log_->warn(note);
  co_await parts_.prepare();
  now_running("adoption");
  reconciled_ = co_await instances_.reconcile();
  now_running("start");
  const auto look = [](Store& store) { return StoreFacts(store); };
  const StoreFacts store = co_await queue_.run(Durability::process, look);
  log_recovery(log_, store, reconciled_);
  if (claim_.abandoned_tmux()) co_await parts_.end_tmux_at(*claim_.abandoned_tmux());
  if (!config_.metrics_listen.empty()) {
    http_.listen_for_metrics(config_.metrics_listen, config_.metrics_public);
  }
  if (!config_.listen.empty()) {
    http_.listen(config_.listen);
    log_->info("listening on {}, for who has an access token", http_.address());
  }
  broker_.open(config_.paths().broker_socket(), {});
  log_->info("listening on {}, at most {} connections ({} open files allowed)",
             config_.paths().broker_socket().string(), broker_options().max_connections,
             file_limit_);
  places_.start();
  expiry_.start();
  co_await parts_.begin();
}

void Daemon::Impl::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& failure, int signal) {
    if (failure) return;
    if (stopping_) {
      log_->warn("signal {} again: ends at once", signal);
      std::_Exit(1);
    }
    log_->info("signal {}: stops", signal);
    request_stop(false);
    await_signal();
  });
}

void Daemon::Impl::request_stop(bool with_tmux) {
  if (stopping_) return;
  stopping_ = true;
  asio::co_spawn(io_, shut_down(with_tmux), [this](std::exception_ptr failure) {
    failure_ = std::move(failure);
    io_.stop();
  });
}

asio::awaitable<void> Daemon::Impl::hang_up_all() {
  broker_.hang_up_http();
  Pace pace(io_);
  for (const SessionPtr& session : broker_.line_sessions()) {
    session->close_when_idle();
    if (pace.is_over()) co_await pace.turn();
  }
}

asio::awaitable<void> Daemon::Impl::shut_down(bool with_tmux) {
  now_running("shut down");
  dispatcher_.stop();
  instances_.stop();
  if (with_tmux) {
    stop_deadline_.step("the end of the tmux server", tmux_end_timeout);
    co_await parts_.end_tmux();
  }
  stop_deadline_.step("replies to what was asked", reply_timeout);
  places_.stop();
  expiry_.stop();
  parts_.stop();
  broker_.stop_listening();
  const SteadyTime began = std::chrono::steady_clock::now();
  const auto waited = [&] { return std::chrono::steady_clock::now() - began; };
  while (queue_.in_flight() > 0 && waited() < drain_timeout) {
    co_await pause_for(io_, std::chrono::milliseconds(1));
  }
  co_await hang_up_all();
  const SteadyTime hung_up = std::chrono::steady_clock::now();
  while (broker_.has_sessions() && std::chrono::steady_clock::now() - hung_up < hang_up_timeout) {
    co_await pause_for(io_, std::chrono::milliseconds(1));
  }
  stop_deadline_.step("the store and the workers", teardown_timeout);
  log_->info("stopped: drained in {:.0f} ms, {} operations unfinished", to_milliseconds(waited()),
             queue_.in_flight());
}

json Daemon::Impl::status(const StoreFacts& store) const {
  json data = status_of(config_, yard_, store, reconciled_);
  const auto uptime = std::chrono::steady_clock::now() - started_;
  data["uptime_s"] = std::chrono::duration<double>(uptime).count();
  if (!database_->checkpoints_on_request()) data["store"]["checkpoint_policy"] = "server";
  data["counts"]["connections"] = broker_.counts().connections;
  data["broker"] = stalls_.status();
  data["listen"] = http_.address();
  data.update(parts_.status());
  return data;
}

void Daemon::Impl::on_gone(const Instance& instance, std::chrono::nanoseconds cleanup) {
  metrics_.on_cleanup(cleanup);
  events_.on_gone(instance, cleanup);
  parts_.on_gone(instance);
  if (!instance.socket_path.empty()) broker_.hang_up(instance.name);
}

void Daemon::Impl::on_handoff(const Handoff& handoff) {
  services_.handoffs_asked.erase(handoff.id);
  events_.publish(handoff);
}

void Daemon::Impl::on_checkpoint(const CheckpointResult& result) {
  asio::post(io_, [this, result] {
    now_running("checkpoint event");
    events_.publish(result);
  });
}

// At most one line a second is logged, since a full disk fails every write.
void Daemon::Impl::on_storage_error(const Error& error) {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now - last_storage_error_ < std::chrono::seconds(1)) return;
  last_storage_error_ = now;
  log_->error("store: {}: {}", to_string(error.code()), error.what());
}

asio::awaitable<std::string> Daemon::Impl::metrics_text() {
  return metrics_page({metrics_, queue_, dispatcher_, broker_, events_, instances_, parts_.roles(),
                       memory_, stalls_.detector(), expiry_, clock_});
}

asio::awaitable<std::string> Daemon::Impl::instance_text(const std::string& name) {
  const auto find = [&](Store& store) { return store.find_instance(name); };
  const Instance instance = co_await queue_.run(Durability::process, find);
  co_return to_text(instance_json(instance));
}

Daemon::Daemon(const Config& config, AgentSurroundings surroundings, bool force)
    : impl_(std::make_unique<Impl>(config, std::move(surroundings), force)) {}
Daemon::~Daemon() = default;
void Daemon::run() { impl_->run(); }
void Daemon::stop() { impl_->stop(); }

}  // namespace yardmaster
