#include "coordinator/client/client.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/base/paths.h"

namespace yardmaster {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorCode::unavailable, path.string() + ": " + why);
}

// False when the time is over.
bool wait_for(int fd, short events, SteadyTime deadline) {
  for (;;) {
    const auto left = deadline - steady_clock::now();
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    pollfd poll{fd, events, 0};
    // What is there already is taken, whatever the time.
    const int ready = ::poll(&poll, 1, static_cast<int>(std::clamp<std::int64_t>(wait, 0, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;
    if (steady_clock::now() >= deadline) return false;
  }
}

UniqueFd connect_to(const std::filesystem::path& path, SteadyTime deadline) {
  require_socket_path(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(&address.sun_path[0], path.c_str(), path.native().size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) fail(path, std::strerror(errno));
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  while (::connect(socket.get(), generic, sizeof(address)) != 0) {
    if (errno == ECONNREFUSED || errno == ENOENT) {
      fail(path, "no daemon listens here (start one with 'yardmaster start')");
    }
    // A full queue of the listener: it says EAGAIN and offers nothing to wait for.
    if (errno != EAGAIN && errno != EINTR) fail(path, std::strerror(errno));
    if (steady_clock::now() > deadline) fail(path, "the daemon takes no connections");
    ::poll(nullptr, 0, 1);
  }
  return socket;
}

Error error_of(const json& reply) {
  const std::string text = reply.value("error", "");
  const auto code = error_code_from(reply.value("code", "")).value_or(ErrorCode::internal);
  if (code == ErrorCode::sequence_conflict && reply.contains("expected_seq")) {
    return Error::sequence_conflict(reply["expected_seq"].get<std::uint64_t>(), text);
  }
  if (code == ErrorCode::sequence_gap && reply.contains("expected_seq")) {
    return Error::sequence_gap(reply["expected_seq"].get<std::uint64_t>(), text);
  }
  return {code, text};
}

}  // namespace

Client::Client(const std::filesystem::path& socket, Timeout timeout)
    : path_(socket), socket_(connect_to(socket, steady_clock::now() + timeout)) {}

pid_t Client::listener_pid() const {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      const auto timeout = steady_clock::now() + std::chrono::seconds(30);
      if (!wait_for(socket_.get(), POLLOUT, timeout)) fail(path_, "the daemon does not read");
    } else if (errno != EINTR) {
      fail(path_, std::strerror(errno));
    }
  }
}

void Client::send_line(std::string_view line) {
  std::string bytes(line);
  bytes.push_back('\n');
  send(bytes);
}

void Client::finish_sending() { ::shutdown(socket_.get(), SHUT_WR); }

std::optional<std::string> Client::receive_line(Timeout timeout) {
  return receive_until(steady_clock::now() + timeout);
}

std::optional<std::string> Client::receive_until(SteadyTime deadline) {
  for (;;) {
    const std::size_t end = received_.find('\n', searched_);
    if (end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      searched_ = 0;
      return line;
    }
    searched_ = received_.size();
    if (!wait_for(socket_.get(), POLLIN, deadline)) return std::nullopt;
    std::array<char, 65536> buffer{};
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count == 0) fail(path_, "the daemon has hung up");
    if (count < 0 && errno != EAGAIN && errno != EINTR) fail(path_, std::strerror(errno));
    if (count > 0) received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

json Client::await_reply(std::uint64_t id, SteadyTime deadline) {
  for (;;) {
    const auto line = receive_until(deadline);
    if (!line) throw Error(ErrorCode::timed_out, path_.string() + ": no reply in time");
    json frame = parse_json(*line);
    if (frame.contains("event")) {
      events_.push_back(std::move(frame));
    } else if (!frame.contains("id") || frame["id"] == id) {
      return frame;
    }
  }
}

json Client::call(std::string_view command, const json& arguments, Timeout timeout) {
  const SteadyTime deadline = steady_clock::now() + timeout;
  const std::uint64_t id = ++last_id_;
  const std::string line = to_text({{"id", id}, {"command", command}, {"args", arguments}});
  std::optional<Error> failure;
  try {
    send_line(line);
  } catch (const Error& error) {
    failure = error;  // whoever hangs up in the middle may have said why
  }
  json reply;
  try {
    reply = await_reply(id, deadline);
  } catch (const Error& error) {
    throw Error(failure ? *failure : error);
  }
  if (!reply.value("success", false)) throw error_of(reply);
  return std::move(reply["data"]);
}

json Client::list(std::string_view command, const char* key, json arguments, Timeout timeout,
                  std::size_t most) {
  json items = json::array();
  for (;;) {
    if (most < std::numeric_limits<std::size_t>::max()) arguments["limit"] = most - items.size();
    json page = call(command, arguments, timeout);
    for (json& item : page[key]) items.push_back(std::move(item));
    if (!page.value("more", false) || items.size() >= most) return items;
    arguments["after"] = page.at("next_after");
  }
}

std::optional<json> Client::next_event(Timeout timeout) {
  const SteadyTime deadline = steady_clock::now() + timeout;
  while (events_.empty()) {
    const auto line = receive_until(deadline);
    if (!line) return std::nullopt;
    json frame = parse_json(*line);
    if (frame.contains("event")) events_.push_back(std::move(frame));
  }
  json event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace yardmaster
