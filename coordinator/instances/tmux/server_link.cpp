#include "coordinator/instances/tmux/server_link.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/run_on.h"
#include "coordinator/instances/tmux/quote.h"
#include "coordinator/instances/tmux/start_server.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

constexpr int end_attempts = 3;
// A server that was told to end, and whose answer did not come, is gone within this time.
constexpr auto lost_reply_timeout = std::chrono::milliseconds(200);
constexpr auto connect_interval = std::chrono::milliseconds(2);
constexpr auto first_retry = std::chrono::milliseconds(10);
constexpr auto longest_retry = std::chrono::seconds(30);
constexpr auto earlier_client_timeout = std::chrono::seconds(1);
// A connection that lasted so long is no sign that the next one will not.
constexpr auto good_connection = std::chrono::seconds(10);

bool has_ended(const ProcessHandle& process) { return is_readable(process.pidfd.get()); }

// A program's end in a pane that stays announces itself only to hooks, and what a hook does itself
// announces nothing: so it has the control window renamed, a moment later.
std::vector<std::string> announce_deaths() {
  const std::string rename =
      tmux_command({"rename-window", "-t", "=" + std::string(control_session) + ":", "control"});
  const std::string later = tmux_command({"run-shell", "-b", "-C", rename});
  return {tmux_command({"set-hook", "-gw", "pane-died", later})};
}

// These settings serve agents, and people who attach to them.
std::vector<std::vector<std::string>> settings() {
  return {
      {"set-option -s exit-empty off", "set-option -gw automatic-rename off",
       "set-option -gw allow-rename off", "set-option -g default-size 200x50"},
      {"set-option -g default-terminal screen-256color", "set-option -g history-limit 5000",
       "set-option -s escape-time 20"},
      {"set-option -gw remain-on-exit-format ''"},  // since 3.3
      announce_deaths(),
  };
}

bool tells_of_change(const ControlNotification& notification) {
  return notification.name == "%unlinked-window-close" || notification.name == "%window-close" ||
         notification.name == "%sessions-changed" || notification.name == "%window-renamed";
}

// A connection that is lost meanwhile tells its listener.
asio::awaitable<void> run_quietly(std::shared_ptr<ControlConnection> connection,
                                  std::vector<std::string> commands) {
  if (commands.empty()) co_return;
  try {
    co_await connection->run(std::move(commands));
  } catch (const Error&) {
    co_return;
  }
}

// Closes what was not handed on: a connection that waits for input would keep itself.
class CloseUnlessTaken {
 public:
  explicit CloseUnlessTaken(std::shared_ptr<ControlConnection> connection)
      : connection_(std::move(connection)) {}
  ~CloseUnlessTaken() {
    if (connection_) connection_->close();
  }
  CloseUnlessTaken(const CloseUnlessTaken&) = delete;
  CloseUnlessTaken& operator=(const CloseUnlessTaken&) = delete;
  std::shared_ptr<ControlConnection> take() { return std::exchange(connection_, nullptr); }

 private:
  std::shared_ptr<ControlConnection> connection_;
};

}  // namespace

Turns::Turn::~Turn() {
  if (!state_) return;
  state_->taken = false;
  state_->freed.cancel_one();
}

asio::awaitable<Turns::Turn> Turns::acquire() {
  const std::shared_ptr<State> state = state_;
  while (state->taken) {
    boost::system::error_code ignored;
    const KeepName keep_name;
    co_await state->freed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  state->taken = true;
  co_return Turn(state);
}

ServerLink::ServerLink(asio::io_context& io, asio::thread_pool& workers,
                       std::filesystem::path socket, std::chrono::nanoseconds timeout,
                       std::function<void()> on_change,
                       std::function<void(const std::string&)> on_warning)
    : io_(io),
      workers_(workers),
      socket_(std::move(socket)),
      timeout_(timeout),
      on_change_(std::move(on_change)),
      on_warning_(std::move(on_warning)),
      turns_(io),
      retry_delay_(first_retry),
      retry_timer_(io) {}

asio::awaitable<std::shared_ptr<ControlConnection>> ServerLink::connect(bool start) {
  const auto self = shared_from_this();
  if (connection_) co_return connection_;
  const Turns::Turn turn = co_await turns_.acquire();
  while (!connection_) {
    if (closed_) throw_unavailable("the daemon is stopping");
    const bool there = co_await is_there();
    if (closed_) throw_unavailable("the daemon is stopping");
    if (!there && !start) co_return nullptr;
    if (!there) co_await start_tmux_server(io_, socket_);
    try {
      co_await open_connection();
    } catch (const Error&) {
      if (accepts_connections(socket_)) throw;  // else it ended after it was seen
    }
  }
  co_return connection_;
}

// These two read tables as long as the machine has sockets and processes.
asio::awaitable<ServerPresence> ServerLink::probe() {
  std::function<ServerPresence()> work = [socket = socket_] { return probe_server(socket); };
  co_return co_await run_on(workers_, std::move(work));
}

asio::awaitable<std::optional<ProcessHandle>> ServerLink::find_process(Finder finder) {
  std::function<std::optional<ProcessHandle>()> work = [finder, socket = socket_] {
    return finder(socket);
  };
  co_return co_await run_on(workers_, std::move(work));
}

asio::awaitable<bool> ServerLink::is_there() {
  if (proven_absent_ && !accepts_connections(socket_)) co_return false;
  const ServerPresence presence = co_await probe();
  proven_absent_ = false;
  if (presence == ServerPresence::listening) co_return true;
  auto server = server_;
  if (presence == ServerPresence::absent) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + timeout_;
    bool ended = true;
    if (server) ended = co_await wait_readable(io_, server->pidfd.get(), deadline);
    if (!ended) throw_unavailable("the tmux server listens no more, and does not end");
    server_.reset();
    co_return co_await begins_to_listen();
  }
  if (!server) {
    std::optional<ProcessHandle> found = co_await find_process(find_server_process);
    if (!found)
      throw_unavailable("a tmux server listens on " + socket_.string() + ", which is gone");
    server = std::make_shared<ProcessHandle>(std::move(*found));
  }
  co_await restore_server_socket(io_, socket_, server->pidfd.get());
  co_return true;
}

// A server that an earlier daemon was about to start when it was killed: a second one would take
// the socket away from it, and neither would know of the other.
asio::awaitable<bool> ServerLink::begins_to_listen() {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout_;
  bool listens = false;
  while (!listens && is_server_lock_held(socket_)) {
    listens = accepts_connections(socket_);
    if (listens) continue;
    if (std::chrono::steady_clock::now() > deadline) {
      throw_unavailable("a tmux server was started that does not listen on " + socket_.string() +
                        ": end it by hand");
    }
    co_await pause_for(io_, connect_interval);
  }
  proven_absent_ = !listens;
  co_return listens;
}

// The earlier client is that of a daemon that was killed, or of a connection that broke. tmux 3.3a
// tells every client in control mode that another one has gone, and crashes when one of them has
// not finished identifying itself by then.
asio::awaitable<void> ServerLink::await_earlier_client() {
  const std::optional<ProcessHandle> client = co_await find_process(find_client_process);
  if (!client) co_return;
  const SteadyTime deadline = std::chrono::steady_clock::now() + earlier_client_timeout;
  co_await wait_readable(io_, client->pidfd.get(), deadline);
}

asio::awaitable<void> ServerLink::open_connection() {
  co_await await_earlier_client();
  ControlConnection::Listener told = listener();
  const std::shared_ptr<ControlConnection> opened =
      co_await ControlConnection::open(io_, socket_, timeout_, std::move(told));
  proven_absent_ = false;
  CloseUnlessTaken connection(opened);
  std::vector<std::string> ask_pid{"display-message -p '#{pid}'"};
  const ControlReply reply = co_await opened->require(std::move(ask_pid));
  std::int64_t pid = 0;
  const std::string text = reply.text();
  std::from_chars(text.data(), text.data() + text.size(), pid);
  server_ = std::make_shared<ProcessHandle>(open_process(pid));
  co_await set_up(opened);
  if (closed_) throw_unavailable("the daemon is stopping");
  if (!opened->is_open()) throw_unavailable("the tmux server went away");
  connection_ = connection.take();
  connected_at_ = std::chrono::steady_clock::now();
}

// An old tmux may lack some of these settings; it works without them.
asio::awaitable<void> ServerLink::set_up(std::shared_ptr<ControlConnection> connection) {
  std::vector<std::vector<std::string>> groups = settings();
  for (std::vector<std::string>& commands : groups) {
    co_await connection->run(std::move(commands));
  }
  std::vector<std::string> first = first_;
  co_await run_quietly(connection, std::move(first));
}

void ServerLink::run_if_connected(std::vector<std::string> commands) {
  if (!connection_ || commands.empty()) return;
  asio::co_spawn(io_, run_quietly(connection_, std::move(commands)), asio::detached);
}

ControlConnection::Listener ServerLink::listener() {
  const std::weak_ptr<ServerLink> weak = weak_from_this();
  ControlConnection::Listener result;
  result.on_notification = [weak](const ControlNotification& notification) {
    const auto self = weak.lock();
    if (self && !self->closed_ && tells_of_change(notification)) self->on_change_();
  };
  result.on_closed = [weak] {
    if (const auto self = weak.lock()) self->on_closed();
  };
  result.on_answer = [weak](std::chrono::nanoseconds duration) {
    const auto self = weak.lock();
    if (self && self->on_answer_) self->on_answer_(duration);
  };
  return result;
}

void ServerLink::on_closed() {
  if (closed_) return;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (connection_ && now - connected_at_ > good_connection) retry_delay_ = first_retry;
  connection_.reset();
  on_change_();
  if (std::exchange(reconnecting_, true)) return;
  asio::co_spawn(io_, reconnect(), asio::detached);
}

asio::awaitable<void> ServerLink::reconnect() {
  const auto self = shared_from_this();
  bool told = false;
  bool done = false;
  while (!done && !closed_) {
    retry_timer_.expires_after(retry_delay_);
    retry_delay_ = std::min<std::chrono::nanoseconds>(2 * retry_delay_, longest_retry);
    boost::system::error_code ignored;
    co_await retry_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    now_running("tmux reconnect");
    std::string failure;
    try {
      co_await connect(false);
      done = true;
    } catch (const std::exception& error) {
      failure = error.what();
    }
    if (done || closed_ || told) continue;
    told = true;
    on_warning_("the connection to the tmux server is lost: " + failure + "; trying again");
  }
  reconnecting_ = false;
  if (!closed_) on_change_();  // nothing was told meanwhile
}

asio::awaitable<void> ServerLink::end_server() {
  const auto self = shared_from_this();
  std::shared_ptr<ProcessHandle> server = server_;
  for (int attempt = 0; attempt < end_attempts; ++attempt) {
    std::chrono::nanoseconds wait = lost_reply_timeout;
    try {
      const std::shared_ptr<ControlConnection> connection = co_await connect(false);
      if (!connection) co_return;
      server = server_;
      std::vector<std::string> commands{"kill-server"};
      co_await connection->run(std::move(commands));
      wait = timeout_;
    } catch (const Error&) {
      // The server ended before it could answer, or the connection did, or it cannot be spoken to.
    }
    if (!server) continue;
    const SteadyTime deadline = std::chrono::steady_clock::now() + wait;
    const bool ended = co_await wait_readable(io_, server->pidfd.get(), deadline);
    if (ended) co_return;
  }
  co_await kill_server(std::move(server));
}

// Kills a server that does not answer.
asio::awaitable<void> ServerLink::kill_server(std::shared_ptr<ProcessHandle> server) {
  if (!server) {
    std::optional<ProcessHandle> found = co_await find_process(find_server_process);
    if (!found) co_return;
    server = std::make_shared<ProcessHandle>(std::move(*found));
  }
  send_signal(*server, SIGKILL);
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout_;
  const bool ended = co_await wait_readable(io_, server->pidfd.get(), deadline);
  if (!ended) throw Error(ErrorCode::timed_out, "the tmux server cannot be ended");
}

void ServerLink::point_to_ended_programs() {
  if (server_) send_signal(*server_, SIGCHLD);
}

void ServerLink::restore_socket() {
  std::error_code failure;
  if (server_ && !std::filesystem::exists(socket_, failure)) send_signal(*server_, SIGUSR1);
}

void ServerLink::close() {
  closed_ = true;
  retry_timer_.cancel();
  if (const auto connection = std::exchange(connection_, nullptr)) connection->close();
}

std::int64_t ServerLink::server_pid() const {
  return server_ && !has_ended(*server_) ? server_->identity.pid : 0;
}

}  // namespace yardmaster
