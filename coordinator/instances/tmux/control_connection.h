// One connection to a tmux server: a tmux client in control mode, which is a child process of ours
// and ends with the connection. Broker thread; shared, so that callbacks under way keep it.
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "coordinator/base/child_start.h"
#include "coordinator/instances/tmux/control_parser.h"
#include "coordinator/instances/tmux/program_image.h"

namespace yardmaster {

// The session that connections attach to, since each must; not an instance's.
inline constexpr std::string_view control_session = "yardmaster-control";
// The session of the pane that people open to see the yard; not an instance's either.
inline constexpr std::string_view people_session = "yardmaster-pane";

class ControlConnection : public std::enable_shared_from_this<ControlConnection> {
 public:
  // All are called from the event loop, on_closed once; none after close().
  struct Listener {
    std::function<void(const ControlNotification&)> on_notification;
    std::function<void()> on_closed;
    // After each answer, how long it took.
    std::function<void(std::chrono::nanoseconds duration)> on_answer = {};
  };

  // Connects to a server that is there; never starts one. `timeout` is how long an answer may
  // take. Throws Error{unavailable} with what tmux said.
  static boost::asio::awaitable<std::shared_ptr<ControlConnection>> open(
      boost::asio::io_context& io, std::filesystem::path socket, std::chrono::nanoseconds timeout,
      Listener listener);

  // Only open() uses this constructor: it forks, and the connection is of no use before the client
  // is attached.
  ControlConnection(boost::asio::io_context& io, const std::filesystem::path& socket,
                    std::chrono::nanoseconds timeout);

  // Runs commands as one sequence, which nothing else gets between and which the first error ends.
  // One reply for each command up to that. Throws Error{unavailable} when the connection ends
  // first, or when tmux does not answer in time; it is closed then.
  boost::asio::awaitable<std::vector<ControlReply>> run(std::vector<std::string> commands);
  // The reply to the last command. Throws Error{unavailable} with what tmux said of an error.
  boost::asio::awaitable<ControlReply> require(std::vector<std::string> commands);

  bool is_open() const { return open_; }
  void close();

 private:
  struct Request {
    Request(boost::asio::io_context& io, std::size_t commands, std::chrono::nanoseconds timeout);
    std::size_t expected;
    std::vector<ControlReply> replies;
    bool complete = false;
    boost::asio::steady_timer done;  // cancelled when it is complete, or never will be
  };

  void read();
  void handle(std::string_view bytes);
  void handle(ControlReply reply);
  void handle(const ControlNotification& notification);
  void handle(const ControlNoise& noise);
  void write();
  void fail(const std::string& why);

  boost::asio::io_context& io_;
  const std::chrono::nanoseconds timeout_;
  Listener listener_;
  boost::asio::local::stream_protocol::socket channel_;
  OwnedChild client_;
  ControlParser parser_;
  std::array<char, 16384> input_{};
  std::string outgoing_;
  std::string writing_;
  std::deque<std::shared_ptr<Request>> requests_;
  std::shared_ptr<Request> attached_;  // until the client is
  bool open_ = true;
  std::string reason_;      // why the connection is closed
  std::string last_noise_;  // last text outside of the protocol
};

}  // namespace yardmaster
