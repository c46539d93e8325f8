#include "coordinator/instances/tmux/control_connection.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;

std::vector<std::string> client_command(const std::filesystem::path& socket) {
  return {"tmux",        "-u",
          "-N",          "-C",
          "-S",          socket.string(),
          "new-session", "-A",
          "-s",          std::string(control_session),
          "-n",          "control",
          "-f",          "no-output,ignore-size",
          "--",          "tail",
          "-f",          "/dev/null"};
}

// Starts the client with one end of a channel for all that it reads and writes. It ends with the
// calling thread: a server keeps a client that it has something to tell, also when nobody hears it.
StartedChild start_client(const std::filesystem::path& socket, UniqueFd& ours) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw_unavailable(std::string("cannot connect to tmux: ") + std::strerror(errno));
  }
  ours.reset(ends[0]);
  const UniqueFd its(ends[1]);
  ChildStart start;
  start.argv = client_command(socket);
  start.environment = tmux_environment();
  start.input = its.get();
  start.output = its.get();
  start.errors = its.get();
  start.group = ChildGroup::own_session;  // a Ctrl-C is for whoever runs in the terminal
  start.death_signal = SIGKILL;
  try {
    return start_child(start);
  } catch (const Error& failure) {
    throw_unavailable(std::string("cannot connect to tmux: ") + failure.what());
  }
}

}  // namespace

ControlConnection::Request::Request(asio::io_context& io, std::size_t commands,
                                    std::chrono::nanoseconds timeout)
    : expected(commands), done(io, timeout) {}

ControlConnection::ControlConnection(asio::io_context& io, const std::filesystem::path& socket,
                                     std::chrono::nanoseconds timeout)
    : io_(io), timeout_(timeout), channel_(io), client_([&] {
        UniqueFd ours;
        StartedChild client = start_client(socket, ours);
        channel_.assign(stream_protocol(), ours.release());
        return client;
      }()) {}

asio::awaitable<std::shared_ptr<ControlConnection>> ControlConnection::open(
    asio::io_context& io, std::filesystem::path socket, std::chrono::nanoseconds timeout,
    Listener listener) {
  const auto connection = std::make_shared<ControlConnection>(io, socket, timeout);
  const auto attached = std::make_shared<Request>(io, 1, timeout);
  connection->attached_ = attached;
  connection->read();
  boost::system::error_code ignored;
  const KeepName keep_name;
  co_await attached->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (!attached->complete) {
    const std::string why =
        connection->open_ ? "it does not answer" : std::exchange(connection->reason_, {});
    connection->close();
    throw_unavailable("cannot connect to the tmux server: " + why);
  }
  connection->listener_ = std::move(listener);
  co_return connection;
}

asio::awaitable<std::vector<ControlReply>> ControlConnection::run(
    std::vector<std::string> commands) {
  const auto self = shared_from_this();
  if (!open_) throw_unavailable("the tmux server went away: " + reason_);
  const auto request = std::make_shared<Request>(io_, commands.size(), timeout_);
  requests_.push_back(request);
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < commands.size(); ++i) {
    outgoing_ += (i == 0 ? "" : " ; ") + commands[i];
  }
  outgoing_ += '\n';
  write();
  boost::system::error_code ignored;
  const KeepName keep_name;
  co_await request->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (!request->complete) {
    fail("it does not answer");
    throw_unavailable("the tmux server went away: " + reason_);
  }
  if (listener_.on_answer) listener_.on_answer(std::chrono::steady_clock::now() - began);
  co_return std::move(request->replies);
}

asio::awaitable<ControlReply> ControlConnection::require(std::vector<std::string> commands) {
  const std::size_t expected = commands.size();
  std::vector<ControlReply> replies = co_await run(std::move(commands));
  if (!replies.back().succeeded) throw_unavailable("tmux: " + replies.back().text());
  if (replies.size() != expected) throw_unavailable("tmux answered too little");
  co_return std::move(replies.back());
}

void ControlConnection::close() {
  listener_ = {};
  fail("the connection was closed");
}

void ControlConnection::read() {
  channel_.async_read_some(
      asio::buffer(input_),
      [self = shared_from_this()](const boost::system::error_code& failure, std::size_t count) {
        now_running("tmux");
        if (!self->open_) return;
        if (failure) return self->fail(self->last_noise_.empty() ? "it ended" : self->last_noise_);
        self->handle(std::string_view(self->input_.data(), count));
        if (self->open_) self->read();
      });
}

void ControlConnection::handle(std::string_view bytes) {
  try {
    for (ControlEvent& event : parser_.feed(bytes)) {
      std::visit([this](auto&& what) { handle(std::forward<decltype(what)>(what)); },
                 std::move(event));
    }
  } catch (const Error& error) {
    fail(error.what());
  }
}

void ControlConnection::handle(ControlReply reply) {
  if (attached_) {
    if (!reply.succeeded) return fail(reply.text());
    attached_->complete = true;
    attached_->done.cancel();
    attached_.reset();
    return;
  }
  if (!reply.asked || requests_.empty()) return;
  const std::shared_ptr<Request> request = requests_.front();
  const bool failed = !reply.succeeded;
  request->replies.push_back(std::move(reply));
  if (!failed && request->replies.size() < request->expected) return;
  requests_.pop_front();
  request->complete = true;
  request->done.cancel();
}

void ControlConnection::handle(const ControlNotification& notification) {
  if (notification.name == "%exit" && !notification.arguments.empty()) {
    last_noise_ = notification.arguments;
  }
  if (const auto callback = listener_.on_notification) callback(notification);
}

void ControlConnection::handle(const ControlNoise& noise) { last_noise_ = noise.line; }

void ControlConnection::write() {
  if (!writing_.empty() || outgoing_.empty()) return;
  writing_ = std::exchange(outgoing_, {});
  asio::async_write(
      channel_, asio::buffer(writing_),
      [self = shared_from_this()](const boost::system::error_code& failure, std::size_t /*count*/) {
        if (!self->open_) return;
        if (failure) return self->fail(failure.message());
        self->writing_.clear();
        self->write();
      });
}

void ControlConnection::fail(const std::string& why) {
  if (!open_) return;
  open_ = false;
  reason_ = why;
  boost::system::error_code ignored;
  channel_.close(ignored);
  for (const auto& request : requests_) request->done.cancel();
  requests_.clear();
  if (attached_) attached_->done.cancel();
  if (const auto callback = std::exchange(listener_, {}).on_closed) callback();
}

}  // namespace yardmaster
