// Keeps the one connection to the tmux server: makes it when it is needed, again when it is lost
// while the server lives, and knows the server's process. Broker thread; shared with the
// coroutines that use it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/instances/processes/process.h"
#include "coordinator/instances/tmux/control_connection.h"
#include "coordinator/instances/tmux/server_socket.h"

namespace yardmaster {

// Lets one coroutine in at a time.
class Turns {
  struct State {
    explicit State(boost::asio::io_context& io) : freed(io, SteadyTime::max()) {}
    bool taken = false;
    boost::asio::steady_timer freed;
  };

 public:
  class Turn {
   public:
    explicit Turn(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Turn(Turn&&) noexcept = default;
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    std::shared_ptr<State> state_;
  };

  explicit Turns(boost::asio::io_context& io) : state_(std::make_shared<State>(io)) {}
  // Waits until it is free; given back by the destructor.
  boost::asio::awaitable<Turn> acquire();

 private:
  std::shared_ptr<State> state_;
};

class ServerLink : public std::enable_shared_from_this<ServerLink> {
 public:
  // `timeout`: how long an answer may take.
  ServerLink(boost::asio::io_context& io, boost::asio::thread_pool& workers,
             std::filesystem::path socket, std::chrono::nanoseconds timeout,
             std::function<void()> on_change, std::function<void(const std::string&)> on_warning);

  // Null when it is proven that no server runs, unless it shall be started then. Throws
  // Error{unavailable}.
  boost::asio::awaitable<std::shared_ptr<ControlConnection>> connect(bool start);
  // Each later connection begins with these commands. They replace those of before.
  void begin_with(std::vector<std::string> commands) { first_ = std::move(commands); }
  // Has the server run these soon, if it is connected to.
  void run_if_connected(std::vector<std::string> commands);
  // Returns when the server's process has ended. Throws Error{timed_out}.
  boost::asio::awaitable<void> end_server();
  // Has the server look for programs that have ended. It misses the end of one that comes while a
  // helper of its own (libutempter's, after every pane) runs, until another one ends.
  void point_to_ended_programs();
  // Has a server whose socket was removed make it again: it listens on, but nobody can reach it.
  void restore_socket();
  void close();
  std::int64_t server_pid() const;
  // Hears how long each answer of the server took.
  void on_answer(std::function<void(std::chrono::nanoseconds)> callback) {
    on_answer_ = std::move(callback);
  }

 private:
  boost::asio::awaitable<ServerPresence> probe();
  using Finder = std::optional<ProcessHandle> (*)(const std::filesystem::path& socket);
  boost::asio::awaitable<std::optional<ProcessHandle>> find_process(Finder finder);
  boost::asio::awaitable<bool> is_there();
  boost::asio::awaitable<bool> begins_to_listen();
  boost::asio::awaitable<void> await_earlier_client();
  boost::asio::awaitable<void> open_connection();
  boost::asio::awaitable<void> set_up(std::shared_ptr<ControlConnection> connection);
  boost::asio::awaitable<void> reconnect();
  boost::asio::awaitable<void> kill_server(std::shared_ptr<ProcessHandle> server);
  ControlConnection::Listener listener();
  void on_closed();

  boost::asio::io_context& io_;
  boost::asio::thread_pool& workers_;
  const std::filesystem::path socket_;
  const std::chrono::nanoseconds timeout_;
  std::function<void()> on_change_;
  std::function<void(const std::string&)> on_warning_;
  std::function<void(std::chrono::nanoseconds)> on_answer_;
  Turns turns_;
  std::shared_ptr<ControlConnection> connection_;
  std::vector<std::string> first_;
  std::shared_ptr<ProcessHandle> server_;  // null when none is known
  bool proven_absent_ = false;             // and none has been seen since
  bool closed_ = false;
  bool reconnecting_ = false;
  SteadyTime connected_at_{};
  std::chrono::nanoseconds retry_delay_;
  boost::asio::steady_timer retry_timer_;
};

}  // namespace yardmaster
