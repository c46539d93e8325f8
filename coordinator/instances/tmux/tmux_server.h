// Windows for instances on a tmux server of our own, which outlives the daemon and its restarts;
// another tmux server is never spoken to. Everything goes through one connection: commands cost no
// process, and what happens to windows is told without asking. Broker thread; coroutines on its
// io_context, which outlives this; the workers look through /proc.
//
// Whatever needs the server throws Error{unavailable} when it does not answer in time.
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
#include <boost/asio/thread_pool.hpp>

#include "coordinator/instances/tmux/tmux_pane.h"

namespace yardmaster {

class ServerLink;
class Turns;

struct TmuxWindowRequest {
  std::string session;
  std::string window;
  std::filesystem::path directory;
  std::vector<std::string> argv;  // at least two words: a single one would go through a shell
  std::string log_command;        // a line for /bin/sh that reads all output; empty: none
};

class TmuxServer {
 public:
  // on_change: something about windows changed, a program in one ended, or the server went away; a
  // hint to look. on_warning: a line about what goes on to be tried. `timeout`: how long an answer
  // may take.
  TmuxServer(boost::asio::io_context& io, boost::asio::thread_pool& workers,
             std::filesystem::path socket, std::function<void()> on_change,
             std::function<void(const std::string&)> on_warning,
             std::chrono::nanoseconds timeout = std::chrono::seconds(10));
  ~TmuxServer();
  TmuxServer(const TmuxServer&) = delete;
  TmuxServer& operator=(const TmuxServer&) = delete;

  // Throws Error{unsupported} when tmux is not installed or too old.
  boost::asio::awaitable<std::string> version();
  // Starts the server when there is none, and connects.
  boost::asio::awaitable<void> ensure();
  // Makes the session when needed. When the program has ended, its pane stays until it is killed.
  // Throws already_exists, invalid_request (names other than letters, digits, '-' and '_').
  boost::asio::awaitable<TmuxPane> open_window(TmuxWindowRequest request);
  // Gives windows of this name another, such as "one-2", and leaves what is in them alone.
  boost::asio::awaitable<void> free_window_name(std::string session, std::string window);
  // nullopt: proven that no server runs. Starts none. A dead pane's status may come a look later.
  boost::asio::awaitable<std::optional<std::vector<TmuxPane>>> list_panes();
  // The last lines of what a pane shows, as plain text; empty when it is gone.
  boost::asio::awaitable<std::string> read_output(std::string pane, unsigned lines);
  // nullopt when it is gone, or its program has ended.
  boost::asio::awaitable<std::optional<TmuxPaneLook>> look_at(std::string pane);
  // As if somebody typed it; printable characters only.
  boost::asio::awaitable<void> type(std::string pane, std::string text);
  boost::asio::awaitable<void> press_enter(std::string pane);
  // The pane of the session that is for people alone, in which the program runs: opened with it
  // unless it is open already. Not among list_panes().
  boost::asio::awaitable<std::string> open_people_pane(std::vector<std::string> argv);
  // Has the server run some commands soon, if it is connected to, and whenever it is connected to
  // from now on the others, which replace those of before. Never starts one, and what becomes of
  // them is not told.
  void run_now_and_first(std::vector<std::string> now, std::vector<std::string> first);
  // Kills the pane, and ends its window when it was the only one. Idempotent.
  boost::asio::awaitable<void> kill_pane(std::string pane);
  // Takes exact names. Idempotent.
  boost::asio::awaitable<void> kill_window(std::string session, std::string window);
  // Returns when the server has ended, also when there was none.
  boost::asio::awaitable<void> kill_server();
  // Closes the connection at the daemon's stop: the server lives on. Calls that wait throw
  // Error{unavailable}.
  void close();
  // Has the server make its socket again where somebody has removed it.
  void restore_socket();
  // 0 when none is known to run.
  std::int64_t server_pid() const;
  // Hears how long each answer of the server took; must not throw.
  void on_answer(std::function<void(std::chrono::nanoseconds)> callback);

 private:
  class Openings;

  boost::asio::awaitable<void> send_keys(std::vector<std::string> words);

  boost::asio::io_context& io_;
  std::shared_ptr<ServerLink> link_;
  std::shared_ptr<Openings> openings_;
  // tmux 3.3a crashes when a session loses its last two windows before it has told a client in
  // control mode that the first of them is gone: so windows are killed one after the other.
  std::unique_ptr<Turns> kills_;
};

}  // namespace yardmaster
